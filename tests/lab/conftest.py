"""The lab that tests of the product run on: brought up once a session, used by all, left running.

A test that changes a node puts it back, or works on a node of its own from `lab.add_node()`.
"""

import pytest

from tests.lab.lab_access import LabAccess, lab_command, shell_environment


@pytest.fixture(scope="session")
def lab() -> LabAccess:
    """The lab, up."""
    lab_command("up").check()
    return LabAccess(shell_environment())
