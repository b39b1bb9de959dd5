"""Adding and removing tags: at most fifty, keys unique in any case, none beginning with `aws:`.

Other tags are refused with faults that each service supplies (`TagFaults`). At AWS the keys of an
organization's resources are case-sensitive; here they are not, because condition keys are not. Tag
policies are `core.organizations.policies.tag_policies`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from daypass.core import quotas
from daypass.core.domain.record import Tag
from daypass.core.faults import Fault

MakeFault = Callable[[], Fault]


@dataclass(frozen=True, slots=True)
class TagFaults:
    """The faults by which a service refuses tags, as functions that are called only to raise."""

    duplicate: MakeFault
    reserved: MakeFault
    too_many: MakeFault


def add_tags(tags: tuple[Tag, ...], added: Iterable[Tag], faults: TagFaults) -> tuple[Tag, ...]:
    """Return tags with others added, which replace those of the same key without regard to case.

    Raises the service's faults for duplicate or reserved keys among `added`, and for too many tags.
    """
    new = tuple(added)
    check_tag_keys(new, duplicate=faults.duplicate, reserved=faults.reserved)
    merged = {tag.key.lower(): tag for tag in (*tags, *new)}
    if len(merged) > quotas.TAGS_MAX:
        raise faults.too_many()
    return tuple(merged.values())


def check_tag_keys(tags: Iterable[Tag], *, duplicate: MakeFault, reserved: MakeFault) -> None:
    """Raise `duplicate()` for a key twice in any case, `reserved()` for one of AWS's (`aws:`)."""
    keys = [tag.key.lower() for tag in tags]
    if len(set(keys)) != len(keys):
        raise duplicate()
    if any(key.startswith("aws:") for key in keys):
        raise reserved()


def remove_tags(tags: tuple[Tag, ...], keys: Iterable[str]) -> tuple[Tag, ...]:
    """Return tags without those of the given keys, compared without regard to case.

    Missing keys are ignored.
    """
    removed = {key.lower() for key in keys}
    return tuple(tag for tag in tags if tag.key.lower() not in removed)
