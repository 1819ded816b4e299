"""The errors of Towpath, one tree.

    TowpathError
    ├── SettingsError      the stack's settings are wrong; nothing was touched
    ├── CertificateError   a certificate, key or chain that was given does not hold
    ├── NodeError          a value that no runtime can carry (towpath/nodes/errors.py)
    ├── SshError           a machine cannot be reached or does not let us in (towpath/ssh/errors.py)
    ├── ApplierError       a document or a result of the applier is wrong (towpath/applier/errors.py)
    ├── StreamError        what a report is to be made of is no preview (towpath/report/errors.py)
    └── towpath/oci/errors.py, towpath/registry_client/errors.py, towpath/images/errors.py: what a registry said or held

A message says where, what was found, what was expected and what to do next; never a value that may be secret.
"""


class TowpathError(Exception):
    """Anything that Towpath refuses or fails at, in words for the person who ran it."""


class SettingsError(TowpathError):
    """The stack's settings do not hold; `findings` has a line for each thing to mend."""

    def __init__(self, findings: list[str]) -> None:
        self.findings = findings
        count = "one setting" if len(findings) == 1 else f"{len(findings)} settings"
        super().__init__("\n".join([f"{count} to mend, nothing was changed:", *(f"  - {line}" for line in findings)]))


class CertificateError(TowpathError):
    """A certificate, private key or chain that was given does not hold together."""
