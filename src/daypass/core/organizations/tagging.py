"""Tags on what an organization holds: fifty, unique without regard to case, none that begins with `aws:`.

Source: Organizations API reference, "TagResource"; that keys ignore case is ours, because condition keys do.
"""

from collections.abc import Iterable

from daypass.core import quotas
from daypass.core.domain.record import Tag
from daypass.core.organizations.refusals import Constraint, Input, refused


def merged(known: tuple[Tag, ...], added: Iterable[Tag]) -> tuple[Tag, ...]:
    """Return tags with others added, a later value in place of an earlier one; raises a refusal for what cannot be."""
    new = list(added)
    keys = [tag.key.lower() for tag in new]
    if len(set(keys)) != len(keys):
        raise refused(Input.DUPLICATE_TAG_KEY, "You specified a tag key more than once.")
    if any(key.startswith("aws:") for key in keys):
        raise refused(
            Input.INVALID_SYSTEM_TAGS_PARAMETER, "You specified a tag key that begins with `aws:`."
        )
    tags = {tag.key.lower(): tag for tag in (*known, *new)}
    if len(tags) > quotas.TAGS_MAX:
        raise refused(
            Constraint.MAX_TAG_LIMIT_EXCEEDED, f"An entity has at most {quotas.TAGS_MAX} tags."
        )
    return tuple(tags.values())
