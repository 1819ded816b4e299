"""Annotated types: a rule of `validators` bound to a type, once, for every section."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from towpath.nodes.registries import check_endpoint, check_unverified
from towpath.settings import validators


def _password(value: SecretStr) -> SecretStr:
    validators.password(value.get_secret_value())
    return value


class Section(BaseModel):
    """What every part of the settings shares: unknown keys are refused, values never shown in errors, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=True)


Host = Annotated[str, AfterValidator(validators.host)]
San = Annotated[str, AfterValidator(validators.subject_alternative_name)]
ResourceName = Annotated[str, AfterValidator(validators.resource_name)]
ContainerName = Annotated[str, AfterValidator(validators.container_name)]
ImageReference = Annotated[str, AfterValidator(validators.image_reference)]
AccountName = Annotated[str, AfterValidator(validators.account_name)]
Password = Annotated[SecretStr, AfterValidator(_password)]
Day = Annotated[str, AfterValidator(validators.day)]
Folder = Annotated[str, AfterValidator(validators.absolute_folder)]
HostKey = Annotated[str, AfterValidator(validators.host_key)]
RegistryEndpoint = Annotated[str, AfterValidator(check_endpoint)]
UnverifiedRegistry = Annotated[str, AfterValidator(check_unverified)]
Country = Annotated[str, AfterValidator(validators.country)]
BaseUrl = Annotated[str, AfterValidator(validators.base_url)]
CertificatesPem = Annotated[str, AfterValidator(validators.certificates_pem)]
Line = Annotated[str, AfterValidator(validators.one_line)]
Labels = Annotated[dict[str, str], AfterValidator(validators.labels)]
Network = Annotated[str, AfterValidator(validators.network)]
HostAndPort = Annotated[str, AfterValidator(validators.host_and_port)]
Quantity = Annotated[str, AfterValidator(validators.quantity)]
NumericUser = Annotated[str, AfterValidator(validators.numeric_user)]
Port = Annotated[int, Field(strict=True), AfterValidator(validators.port)]
