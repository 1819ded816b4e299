"""What can go wrong in the embedded engine.

EngineError
├── UnsupportedMachineError   not Linux, no Go, Go too old
├── BuildError                the Pulumi CLI could not be built
├── ProjectError              Pulumi.yaml is missing or unreadable
└── RecoveryError             a stack that is locked by someone else, or a clean-up that failed
"""


class EngineError(Exception):
    """Base of all errors here; its message is one line for a person and holds no secret."""


class UnsupportedMachineError(EngineError):
    """The machine lacks something the embedded engine needs; the message says what and the way out."""


class BuildError(EngineError):
    """Building the Pulumi CLI failed; the message ends with the log's path."""


class ProjectError(EngineError):
    """`Pulumi.yaml` is missing, is not YAML, or holds a value of the wrong shape."""


class RecoveryError(EngineError):
    """A stack could not be freed; the message says who holds it or which command failed."""
