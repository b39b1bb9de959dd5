"""What the wire is told about a service beside its model: the names and habits that no model of botocore's holds."""

import enum
from dataclasses import dataclass

from daypass.wire.limits import PAGE_SIZE


class RefusalShape(enum.Enum):
    """How a service writes a refusal."""

    OF_PROTOCOL = enum.auto()
    """As all services of its protocol do."""
    OAUTH = enum.auto()
    """JSON with `error` in OAuth's spelling and `error_description` (RFC 6749, 5.2)."""
    ERROR_AND_MESSAGE = enum.auto()
    """JSON with `error` in AWS's spelling and `message`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInterface:
    """One service as its clients meet it."""

    name: str
    """Our name of it, which the audit log, the metrics and `daypass coverage` use."""
    model: str
    """The folder of its model among botocore's."""
    action_prefix: str
    """What its actions begin with in a policy, before the colon."""
    page_size: int = PAGE_SIZE
    """How many things a page has if the caller sets no limit; operations without a parameter for a limit keep `PAGE_SIZE`."""
    refusal_shape: RefusalShape = RefusalShape.OF_PROTOCOL
