"""A certificate and accounts for a registry that runs elsewhere: parts of Towpath, and nothing on any machine."""

import pulumi

from components import Certificates, Credentials
from towpath.settings.accounts import Account
from towpath.settings.certificate import Certificate

config = pulumi.Config()
host = config.require("host")

certificates = Certificates("registry", Certificate(validity_days=90, renew_before_days=30), [host])
credentials = Credentials("registry", [Account(name="ci", role="push"), Account(name="team-a")])

pulumi.export("ca_pem", certificates.ca_pem)
pulumi.export("chain_pem", certificates.chain_pem)
pulumi.export("private_key_pem", certificates.private_key_pem)
pulumi.export("htpasswd", credentials.htpasswd)
pulumi.export("logins", credentials.logins)
