"""The errors of the lab, one tree.

    LabError
    ├── HostError     the machine cannot carry the lab as it is
    ├── OwnerError    the machine's one lab belongs to another checkout
    ├── CommandError  a program that the lab ran failed; the message has its last lines or its log
    └── PartError     a part of the lab did not come up; the message names the log to read

A message is one line that says what is wrong and what to do next; never a secret.
"""


class LabError(Exception):
    """Anything that the lab refuses or fails at, in words for the person who ran it."""


class HostError(LabError):
    """The machine cannot carry the lab as it is."""


class OwnerError(LabError):
    """The machine's one lab belongs to another checkout that is still there."""


class CommandError(LabError):
    """A program that the lab ran failed."""


class PartError(LabError):
    """A part of the lab did not come up."""
