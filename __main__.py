"""The program of a stack: read its settings, compose the components, export what others need."""

import pulumi

from components.certificates import Certificates
from components.configuration import stack_configuration
from components.credentials import Credentials
from towpath.errors import TowpathError
from towpath.settings import load_settings


def main() -> None:
    settings = load_settings(stack_configuration())
    certificates = Certificates("certificate", settings.registry.certificate, [settings.registry_host])
    credentials = Credentials("credentials", settings.accounts)
    pulumi.export("credentials", credentials.logins)
    pulumi.export("registry", {"ca_pem": certificates.ca_pem})


try:
    main()
except TowpathError as error:
    # RunError ends the program with its message alone: a person mends settings, and needs no traceback for that.
    raise pulumi.RunError(str(error)) from None
