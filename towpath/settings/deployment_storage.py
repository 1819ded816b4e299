"""Where a registry in the cluster keeps its images: a claim, a folder of a node, or S3."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from towpath.settings.types import Folder, Labels, Line, Quantity, ResourceName, Section

AccessMode = Literal["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany"]


class Claim(Section):
    """A PersistentVolumeClaim of our own."""

    size: Quantity = Field("20Gi", description="what is asked for")
    storage_class: Line | None = Field(None, description="default: the cluster's default class; '' asks for none")
    access_mode: AccessMode = Field("ReadWriteOnce", description="several replicas need ReadWriteMany")
    volume_name: Line | None = Field(None, description="a PersistentVolume that exists, by name")
    match_labels: Labels = Field(default_factory=dict, description="labels of the volumes that may be taken")
    keep: bool = Field(
        True,
        description="a destroy leaves the claim and its namespace, and with them the images; a later `up` takes them "
        "over",
    )


class NodeVolume(Section):
    """A folder of a node, through a local PersistentVolume with policy Retain; a container's folder can go on so."""

    node: ResourceName = Field(description="a key of nodes.members; the registry's pods run there")
    folder: Folder = Field(description="on that node; made if it is missing, never emptied")
    hostname: Line | None = Field(
        None, description="the node's label kubernetes.io/hostname; default: its key in nodes.members"
    )
    size: Quantity = Field("20Gi", description="what the volume says it has; nothing enforces it")


class S3(Section):
    """A bucket, as the registry's `s3` driver takes it."""

    bucket: Line = Field(description="it must exist")
    region: Line = Field("us-east-1", description="of the bucket")
    endpoint: Line | None = Field(None, description="https://host[:port] of a server that is not AWS")
    access_key: SecretStr | None = Field(None, description="secret; without keys the pod's own role is used")
    secret_key: SecretStr | None = Field(None, description="secret")
    path_style: bool = Field(False, description="bucket in the path, not in the host's name; most own servers need it")
    root_directory: Line | None = Field(None, description="prefix of all objects")
    ca_pem: str | None = Field(None, description="what signed the endpoint's certificate, if not a public CA")
    chunk_size_mib: int = Field(10, ge=5, le=5120, description="size of an upload's parts")
    encrypt: bool = Field(False, description="ask for encryption at rest")
    redirect: bool = Field(
        False, description="send clients to the bucket for blobs; every node must reach it, and trust its CA"
    )

    @model_validator(mode="after")
    def _whole_login(self) -> Self:
        if (self.access_key is None) != (self.secret_key is None):
            raise ValueError("has only one of access_key and secret_key; set both or neither")
        if self.endpoint is not None and not self.endpoint.startswith(("https://", "http://")):
            raise ValueError("endpoint has no scheme; write https://host[:port]")
        return self


class DeploymentStorage(Section):
    """At most one of these; default: a claim."""

    claim: Claim | None = Field(None, description="a PersistentVolumeClaim that is made")
    existing_claim: ResourceName | None = Field(None, description="a claim in the namespace that others made")
    existing_claim_shared: bool = Field(False, description="that claim can be mounted on several nodes at a time")
    volume: NodeVolume | None = Field(None, description="a folder of a node")
    s3: S3 | None = Field(None, description="a bucket")

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in ("claim", "existing_claim", "volume", "s3") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"has {', '.join(given)}; images are kept in one place, keep one of them")
        return self

    @property
    def made_claim(self) -> Claim | None:
        """The claim to be made for itself; None where the images are elsewhere."""
        if self.existing_claim or self.volume or self.s3:
            return None
        return self.claim or Claim()

    @property
    def shared(self) -> bool:
        """Whether pods on several nodes can have it at a time."""
        made = self.made_claim
        return bool(self.s3 or self.existing_claim_shared or (made and made.access_mode == "ReadWriteMany"))

    @property
    def overlapping(self) -> bool:
        """Whether a new pod can have it before the old one has ended: it is shared, or both are on one node."""
        return self.shared or self.volume is not None
