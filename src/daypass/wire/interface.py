"""The description of a service for the wire: names and formats missing in botocore's model."""

import enum
from dataclasses import dataclass

from daypass.wire.limits import PAGE_SIZE
from daypass.wire.validation_wording import COMMON_WORDING, ValidationWording


class RefusalShape(enum.Enum):
    """The format of a service's error responses."""

    OF_PROTOCOL = enum.auto()
    """The format of its protocol."""
    OAUTH = enum.auto()
    """JSON with `error` in OAuth's spelling and `error_description` (RFC 6749, 5.2)."""
    ERROR_AND_MESSAGE = enum.auto()
    """JSON with `error` in AWS's spelling and `message`."""
    BOTH_MESSAGES = enum.auto()
    """The format of JSON 1.1, with the message as `Message`, as the model spells it, and as
    `message` too, which is where some SDKs look for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInterface:
    """A service's names and formats; `services.kit.service.Service` extends it."""

    name: str
    """Our name of the service, used in the audit log, the metrics and `daypass coverage`."""
    model: str
    """The folder of its model in botocore's data."""
    action_prefix: str
    """The prefix of its actions in policies, before the colon."""
    page_size: int = PAGE_SIZE
    """Entries of a page if the caller sets no limit; operations without a limit parameter use
    `PAGE_SIZE`."""
    refusal_shape: RefusalShape = RefusalShape.OF_PROTOCOL
    wording: ValidationWording = COMMON_WORDING
    """The words in which it refuses values that break its model."""
