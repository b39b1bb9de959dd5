"""Adding and removing tags: at most fifty, each key once, none beginning with `aws:`.

Other tags are refused with faults that each service supplies (`TagFaults`), which also say whether
keys that differ in case alone are one key. At AWS the keys of an organization's resources are
case-sensitive; here they are not, because condition keys are not. Tag policies are
`core.organizations.policies.tag_policies`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from daypass.core import quotas
from daypass.core.domain.record import Tag
from daypass.core.faults import Fault

MakeFault = Callable[[], Fault]


@dataclass(frozen=True, slots=True)
class TagFaults:
    """The faults by which a service refuses tags, as functions that are called only to raise.

    `is_case_sensitive` says whether keys that differ in case alone are two keys.
    """

    duplicate: MakeFault
    reserved: MakeFault
    too_many: MakeFault
    is_case_sensitive: bool = False


def add_tags(tags: tuple[Tag, ...], added: Iterable[Tag], faults: TagFaults) -> tuple[Tag, ...]:
    """Return tags with others added, which replace those of the same key.

    Raises the service's faults for duplicate or reserved keys among `added`, and for too many tags.
    """
    new = tuple(added)
    same_key = _same_key(is_case_sensitive=faults.is_case_sensitive)
    check_tag_keys(
        new,
        duplicate=faults.duplicate,
        reserved=faults.reserved,
        is_case_sensitive=faults.is_case_sensitive,
    )
    merged = {same_key(tag.key): tag for tag in (*tags, *new)}
    if len(merged) > quotas.TAGS_MAX:
        raise faults.too_many()
    return tuple(merged.values())


def check_tag_keys(
    tags: Iterable[Tag],
    *,
    duplicate: MakeFault,
    reserved: MakeFault,
    is_case_sensitive: bool = False,
) -> None:
    """Raise `duplicate()` for a key twice, `reserved()` for one of AWS's (`aws:`, in any case)."""
    keys = [tag.key for tag in tags]
    if len(set(map(_same_key(is_case_sensitive=is_case_sensitive), keys))) != len(keys):
        raise duplicate()
    if any(key.lower().startswith("aws:") for key in keys):
        raise reserved()


def remove_tags(
    tags: tuple[Tag, ...], keys: Iterable[str], *, is_case_sensitive: bool = False
) -> tuple[Tag, ...]:
    """Return tags without those of the given keys; missing keys are ignored."""
    same_key = _same_key(is_case_sensitive=is_case_sensitive)
    removed = set(map(same_key, keys))
    return tuple(tag for tag in tags if same_key(tag.key) not in removed)


def _same_key(*, is_case_sensitive: bool) -> Callable[[str], str]:
    """Return the function that gives the same text for keys that are the same."""
    return str if is_case_sensitive else str.lower
