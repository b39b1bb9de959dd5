"""Tags on IAM's entities: fifty, unique without regard to case, none that begins with `aws:`."""

from collections.abc import Iterable

from daypass.core import quotas
from daypass.core.domain.record import Tag
from daypass.core.faults import Invalid, TooMany

DUPLICATE = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
RESERVED = "Cannot tag with key names that start with `aws:`. These are reserved for AWS use."


def merged(known: tuple[Tag, ...], added: Iterable[Tag]) -> tuple[Tag, ...]:
    """Return tags with others added, a later value in place of an earlier one; raises `Invalid` or `TooMany`."""
    new = list(added)
    keys = [tag.key.lower() for tag in new]
    if len(set(keys)) != len(keys):
        raise Invalid(DUPLICATE)
    if any(key.startswith("aws:") for key in keys):
        raise Invalid(RESERVED)
    tags = {tag.key.lower(): tag for tag in (*known, *new)}
    if len(tags) > quotas.TAGS_MAX:
        raise TooMany(f"Cannot exceed quota for TagsPerResource: {quotas.TAGS_MAX}")
    return tuple(tags.values())


def without(known: tuple[Tag, ...], keys: Iterable[str]) -> tuple[Tag, ...]:
    """Return tags without those of the given keys; a key that there is not is no matter."""
    gone = {key.lower() for key in keys}
    return tuple(tag for tag in known if tag.key.lower() not in gone)
