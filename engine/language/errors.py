"""What a call to the language host can be answered with instead of a result.

HostError
├── InterpreterError   no usable Python for the project
├── PackagesError      the project's Python could not list its packages
├── InstallError       a step of `pulumi install` failed
└── PackError          a policy pack ended before it served
"""


class HostError(Exception):
    """Base of all; its message is for the user and names the way out."""


class InterpreterError(HostError):
    """No usable interpreter; the message names the option."""


class PackagesError(HostError):
    """The interpreter could not list its packages."""


class InstallError(HostError):
    """A step failed; the message names the command. Its output has been shown."""


class PackError(HostError):
    """The pack ended before it served."""
