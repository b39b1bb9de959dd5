"""The identity store's refusals: AWS's words, with the `Reason` or the resource beside them.

The services map the faults to error codes. Source: identity store API reference,
"ConflictException" and "ResourceNotFoundException"; the words are those that users report of AWS.
"""

import enum

from daypass.core.faults import AlreadyExists, Conflict, NotFound, TooMany

UNIQUENESS = "UNIQUENESS_CONSTRAINT_VIOLATION"
CONCURRENT_MODIFICATION = "CONCURRENT_MODIFICATION"
REASONS = (UNIQUENESS, CONCURRENT_MODIFICATION)
"""The reasons of a ConflictException."""
USER_NAME_TAKEN = "Duplicate UserName"
EMAIL_TAKEN = "Duplicate Email"
GROUP_NAME_TAKEN = "Duplicate GroupDisplayName"
ALREADY_MEMBER = "Member and Group relationship already exists"


class ResourceType(enum.StrEnum):
    """The kind of a resource that does not exist, as `ResourceType` names it."""

    USER = "USER"
    GROUP = "GROUP"
    GROUP_MEMBERSHIP = "GROUP_MEMBERSHIP"
    IDENTITY_STORE = "IDENTITY_STORE"


def not_found(resource: ResourceType, identifier: str = "") -> NotFound:
    """Return the fault for a resource that does not exist.

    `identifier` is the id that was asked for; empty if it was looked for by a name, which is
    personal and is not repeated.
    """
    details = {"ResourceType": resource.value}
    if identifier:
        details["ResourceId"] = identifier
    return NotFound(f"{resource.value} not found.", details=details)


def duplicate(words: str) -> AlreadyExists:
    """Return the fault for a name, an address or a membership that exists already."""
    return AlreadyExists(words, details={"Reason": UNIQUENESS})


def stale_revision() -> Conflict:
    """Return the fault for a `Revision` that is not the current one."""
    return Conflict(
        "The revision is not the current one: the resource was changed since it was read.",
        details={"Reason": CONCURRENT_MODIFICATION},
    )


def too_many(what: str, quota: int) -> TooMany:
    """Return the fault for one more of what a store has at most so many of, such as `users`."""
    return TooMany(f"An identity store has at most {quota} {what}.")
