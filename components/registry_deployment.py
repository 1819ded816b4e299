"""`RegistryDeployment`: the private registry as a Deployment in the cluster."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_random as random

from components.applied_document import AppliedDocument, AppliedDocumentArgs
from components.certificates import Certificates
from components.credentials import Credentials
from components.dynamic.registry_check import RegistryCheck
from components.kubernetes_object import kubernetes_object
from components.kubernetes_provider import KubernetesCluster
from components.machine import Machine
from towpath.applier.document import Document
from towpath.machines.facts import bucket_facts
from towpath.nodes.registries import endpoint
from towpath.registry.deployment.exposure import ingress, network_policy, service
from towpath.registry.deployment.naming import Manifest
from towpath.registry.deployment.node_folder import folder_entries
from towpath.registry.deployment.secrets import CHECKSUM, SECRETS, DeploymentParts, checksum, contents, secret
from towpath.registry.deployment.storage import persistent_volume, persistent_volume_claim
from towpath.registry.deployment.workload import disruption_budget, namespace, workload
from towpath.settings.deployment import Deployment
from towpath.settings.registry import Registry

_SECRET_CHARACTERS = 48


@dataclass(frozen=True)
class VolumeMachine:
    """The node whose folder has the images, where that is how they are kept."""

    machine: Machine
    document_id: str
    gone: bool


@dataclass(frozen=True)
class RegistryDeploymentArgs:
    """What a registry in the cluster is made of."""

    settings: Registry
    deployment: Deployment
    cluster: KubernetesCluster
    address: str
    """The name or address that clients use, without the port; the certificate names it."""
    certificates: Certificates
    credentials: Credentials
    access: pulumi.Output[dict[str, Any]]
    """The record of a `RegistryAccess`, secret; the registry is up once it is let in."""
    salt: pulumi.Output[str]
    """Secret; see `AppliedDocument`."""
    volume: VolumeMachine | None = None
    kept_claims: Sequence[str] = ()
    """`NAMESPACE/NAME` of the claims that earlier settings left with their images."""


class RegistryDeployment(pulumi.ComponentResource):
    """All objects of the registry, and a login after each roll-out; the same outputs as `RegistryContainer`.

    Does not remove images: see `storage` of its settings for what a destroy leaves.
    """

    url: pulumi.Output[str]
    """`https://HOST[:PORT]`, known once the registry has let an account in."""
    host: pulumi.Output[str]
    """`HOST[:PORT]`, as it stands in image references."""
    ca_pem: pulumi.Output[str]
    """What clients must trust."""
    kept_claims: list[str]
    """`NAMESPACE/NAME` of the claims that a destroy leaves, each with its namespace: this one's and earlier ones."""

    def __init__(self, name: str, args: RegistryDeploymentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Run the registry as `args` say."""
        super().__init__("towpath:index:RegistryDeployment", name, {}, opts)
        self._name, self._args, self._deployment = name, args, args.deployment
        self.kept_claims = sorted({*args.kept_claims, *self._keeps()})
        base = self._base()
        files = self._files()
        before = [*base, *(self._secret(kind, files, base) for kind in SECRETS)]
        checksums = {f"{CHECKSUM}/{kind}": self._checksum(kind, files) for kind in SECRETS}
        pods = self._pods([*before, *self._images(base)], checksums)
        # Ways come after the pods and go before them: one that leads nowhere refuses whom another would serve.
        ways = [self._object(each, [*base, pods]) for each in self._around() if each]
        check = self._check([pods, *ways], checksums)
        self.host = check.registry
        self.url = check.registry.apply("https://{}".format)
        self.ca_pem = args.certificates.ca_pem
        self.register_outputs({"url": self.url, "host": self.host, "ca_pem": self.ca_pem})

    def _keeps(self) -> list[str]:
        made = self._deployment.storage.made_claim
        claim = persistent_volume_claim(self._deployment)
        return [f"{self._deployment.namespace}/{claim['metadata']['name']}"] if claim and made and made.keep else []

    def _base(self) -> list[pulumi.Resource]:
        """Make the namespace. One that holds a claim that is kept outlives a destroy, or would take it along."""
        manifest = namespace(self._deployment)
        kept = any(each.startswith(f"{self._deployment.namespace}/") for each in self.kept_claims)
        return [self._object(manifest, kept=kept)] if manifest else []

    def _images(self, base: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        made: list[pulumi.Resource] = []
        if self._args.volume and (volume := persistent_volume(self._deployment)):
            folder = self._folder(self._args.volume)
            made = [folder, self._object(volume, [folder])]
        if claim := persistent_volume_claim(self._deployment):
            made.append(self._object(claim, [*base, *made], kept=bool(self._keeps())))
        return made

    def _pods(self, after: Sequence[pulumi.Resource], checksums: dict[str, pulumi.Output[str]]) -> pulumi.Resource:
        seconds = f"{self._deployment.ready_seconds}s"
        manifest = workload(self._args.settings, self._deployment, checksums)
        patience = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create=seconds, update=seconds))
        opts = pulumi.ResourceOptions.merge(self._options(after), patience)
        return kubernetes_object(self._named(manifest), manifest, opts)

    def _folder(self, place: VolumeMachine) -> AppliedDocument:
        volume = self._deployment.storage.volume
        document = Document(
            place.document_id, folder_entries(volume.folder if volume else "", self._args.settings.user)
        )
        args = AppliedDocumentArgs(
            machine=place.machine,
            document_id=place.document_id,
            document=pulumi.Output.from_input(document),
            salt=self._args.salt,
            gone=place.gone,
        )
        return AppliedDocument(f"{self._name}-folder", args, pulumi.ResourceOptions(parent=self))

    def _around(self) -> list[Manifest | None]:
        deployment = self._deployment
        return [
            service(deployment),
            ingress(deployment, self._args.address),
            disruption_budget(deployment),
            network_policy(deployment),
        ]

    def _files(self) -> pulumi.Output[dict[str, dict[str, str]]]:
        """Render the text of every Secret."""
        args = self._args
        # One secret over restarts and replicas, or an upload that spans two of them would be refused.
        http_secret = random.RandomPassword(
            f"{self._name}-http-secret",
            length=_SECRET_CHARACTERS,
            special=False,
            opts=pulumi.ResourceOptions(parent=self),
        )
        parts = pulumi.Output.all(
            http_secret=http_secret.result,
            htpasswd=args.credentials.htpasswd,
            chain_pem=args.certificates.chain_pem,
            private_key_pem=args.certificates.private_key_pem,
            ca_pem=args.certificates.ca_pem,
        )
        rendered: pulumi.Output[dict[str, dict[str, str]]] = parts.apply(
            lambda values: contents(args.settings, args.deployment, DeploymentParts(**values))
        )
        return pulumi.Output.secret(rendered)

    def _secret(
        self, kind: str, files: pulumi.Output[dict[str, dict[str, str]]], after: Sequence[pulumi.Resource]
    ) -> pulumi.Resource:
        manifest = secret(self._deployment, kind)
        return kubernetes_object(f"{self._name}-{kind}", manifest, self._options(after), {"stringData": files[kind]})

    def _checksum(self, kind: str, files: pulumi.Output[dict[str, dict[str, str]]]) -> pulumi.Output[str]:
        """Return what a preview may show of a Secret's change."""
        both = pulumi.Output.all(files[kind], self._args.salt)
        return pulumi.Output.unsecret(both.apply(lambda values: checksum(values[0], values[1])))

    def _check(self, after: Sequence[pulumi.Resource], checksums: dict[str, pulumi.Output[str]]) -> RegistryCheck:
        args = self._args
        props: dict[str, pulumi.Input[Any]] = {
            "registry": endpoint(args.address, args.deployment.exposure.client_port),
            "access": args.access,
            "rollout": {**checksums, "image": args.settings.image},
            "facts": bucket_facts(args.deployment.storage.s3),
        }
        return RegistryCheck(f"{self._name}-check", props, pulumi.ResourceOptions(parent=self, depends_on=list(after)))

    def _object(
        self, manifest: Manifest, after: Sequence[pulumi.Resource] = (), *, kept: bool = False
    ) -> pulumi.Resource:
        """Make an object. One that is kept stays at a destroy, and is taken over where it was left."""
        opts = self._options(after)
        if kept:
            left = pulumi.ResourceOptions(provider=self._args.cluster.taking_over, retain_on_delete=True)
            opts = pulumi.ResourceOptions.merge(opts, left)
        return kubernetes_object(self._named(manifest), manifest, opts)

    def _named(self, manifest: Manifest) -> str:
        return f"{self._name}-{manifest['kind'].lower()}"

    def _options(self, after: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(after), provider=self._args.cluster.provider)
