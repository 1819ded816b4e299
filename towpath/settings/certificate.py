"""The registry's certificate: from our own CA, self-signed, or the user's own."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from towpath.settings.types import Country, Line, San, Section


class Subject(Section):
    """Distinguished name of a certificate (RFC 5280 section 4.1.2.6)."""

    common_name: Line | None = Field(None, description="CN; default: the registry's host")
    organization: Line | None = Field(None, description="O")
    organizational_unit: Line | None = Field(None, description="OU")
    country: Country | None = Field(None, description="C, two letters")
    province: Line | None = Field(None, description="ST")
    locality: Line | None = Field(None, description="L")


class Certificate(Section):
    """How the registry proves who it is. Hours and bits stand in the names."""

    source: Literal["ca", "self-signed", "own-ca", "provided"] = Field(
        "ca",
        description="ca: our CA signs a leaf; self-signed: one certificate; own-ca: your CA signs a leaf; "
        "provided: your ready certificate",
    )
    key_algorithm: Literal["RSA", "ECDSA", "ED25519"] = Field("RSA", description="kind of the keys that are made")
    rsa_bits: Literal[2048, 3072, 4096] = Field(2048, description="RSA only")
    ecdsa_curve: Literal["P256", "P384", "P521"] = Field("P256", description="ECDSA only")
    subject: Subject = Field(default_factory=Subject, description="of the leaf or the self-signed certificate")
    sans: tuple[San, ...] = Field((), description="further DNS names and addresses; the registry's host is always in")
    validity_days: int = Field(365, ge=1, le=3650, description="of the leaf or the self-signed certificate")
    renew_before_days: int = Field(30, ge=0, description="an `up` within this many days of the end renews")
    ca_validity_days: int = Field(3650, ge=1, le=7300, description="of our CA")
    ca_common_name: Line = Field("Towpath registry CA", description="CN of our CA")
    certificate_pem: str | None = Field(None, description="provided: leaf first, then intermediates")
    private_key_pem: SecretStr | None = Field(None, description="provided: key of the leaf")
    ca_pem: str | None = Field(None, description="own-ca: the CA; provided: what clients must trust")
    ca_private_key_pem: SecretStr | None = Field(None, description="own-ca: key of the CA")

    @model_validator(mode="after")
    def _windows(self) -> Self:
        if self.validity_days <= self.renew_before_days:
            raise ValueError(
                f"validity_days ({self.validity_days}) must be above renew_before_days ({self.renew_before_days}), "
                "or every `up` would renew the certificate; raise the one or lower the other"
            )
        if self.source == "ca" and self.ca_validity_days < self.validity_days:
            raise ValueError(
                f"ca_validity_days ({self.ca_validity_days}) is below validity_days ({self.validity_days}): "
                "the CA would end before its certificate; raise it"
            )
        return self

    @model_validator(mode="after")
    def _given_parts(self) -> Self:
        wanted = {
            "own-ca": {"ca_pem", "ca_private_key_pem"},
            "provided": {"certificate_pem", "private_key_pem", "ca_pem"},
        }.get(self.source, set())
        parts = ("certificate_pem", "private_key_pem", "ca_pem", "ca_private_key_pem")
        given = {part for part in parts if getattr(self, part) is not None}
        if missing := sorted(wanted - given):
            raise ValueError(f"source {self.source!r} needs {', '.join(missing)}")
        if extra := sorted(given - wanted):
            raise ValueError(f"source {self.source!r} does not take {', '.join(extra)}; take it out, or change source")
        return self
