"""Which tags a thing may have: fifty, unique without regard to case, none that begins with `aws:`.

Other tags are refused in each service's words.

That the keys of an organization's things ignore case too is ours, because condition keys do. Not
here: what a tag policy says of tags (`core.organizations.policies.tag_policies`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from daypass.core import quotas
from daypass.core.domain.record import Tag
from daypass.core.faults import Fault

MakeFault = Callable[[], Fault]


@dataclass(frozen=True, slots=True)
class TagFaults:
    """How a service refuses tags; a fault is made when it is raised."""

    duplicate: MakeFault
    reserved: MakeFault
    too_many: MakeFault


def add_tags(known: tuple[Tag, ...], added: Iterable[Tag], faults: TagFaults) -> tuple[Tag, ...]:
    """Return tags with others added, a later value in place of an earlier one.

    Raises the service's faults.
    """
    new = tuple(added)
    check_tag_keys(new, duplicate=faults.duplicate, reserved=faults.reserved)
    tags = {tag.key.lower(): tag for tag in (*known, *new)}
    if len(tags) > quotas.TAGS_MAX:
        raise faults.too_many()
    return tuple(tags.values())


def check_tag_keys(tags: Iterable[Tag], *, duplicate: MakeFault, reserved: MakeFault) -> None:
    """Raise a fault for a key that is there twice, in whatever case, or begins with `aws:`."""
    keys = [tag.key.lower() for tag in tags]
    if len(set(keys)) != len(keys):
        raise duplicate()
    if any(key.startswith("aws:") for key in keys):
        raise reserved()


def remove_tags(known: tuple[Tag, ...], keys: Iterable[str]) -> tuple[Tag, ...]:
    """Return tags without those of the given keys, in whatever case.

    A key that is missing makes no difference.
    """
    gone = {key.lower() for key in keys}
    return tuple(tag for tag in known if tag.key.lower() not in gone)
