"""A change of an operator before it is committed."""

from typing import NamedTuple

from daypass.server.operator.control_socket import ControlAnswer
from daypass.state.changes import Changes


class PlannedChange(NamedTuple):
    """The answer to a message, the changes to commit, and the thing that the audit log names."""

    answer: ControlAnswer
    changes: Changes
    thing: str = ""
    """What is changed; empty: what the answer says was done."""
