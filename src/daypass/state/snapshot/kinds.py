"""Every kind of record and every kind of partition: those that the classes in `core.domain` declare.

A new file there is enough. A declaration that cannot hold stops the program as it starts. Not here: the views of partitions.
"""

import pkgutil
from collections.abc import Iterable, Mapping
from importlib import import_module
from types import ModuleType

from daypass.core import domain
from daypass.core.domain.partition import ACCOUNT, Partition
from daypass.core.domain.record import Record


def records_in(package: ModuleType = domain) -> tuple[type[Record], ...]:
    """Return every class of records that is kept, of a package and those within it, in order of kind.

    Raises `LookupError` for two classes of one kind, and for a class whose declaration cannot hold.
    """
    names = [each.name for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    modules = [import_module(name) for name in sorted(names)]
    made = [each for module in modules for each in vars(module).values() if _is_of(each, module)]
    found = [each for each in made if "kind" in vars(each)]
    for each in made:
        if "kind" not in vars(each) and not each.__subclasses__():
            raise LookupError(f"the record {each.__name__} declares no kind")
    for each in found:
        _check(each)
    by_kind = {each.kind: each for each in found}
    if len(by_kind) < len(found):
        raise LookupError(f"two records of {package.__name__} have one kind")
    return tuple(by_kind[kind] for kind in sorted(by_kind))


def _is_of(made: object, module: ModuleType) -> bool:
    return isinstance(made, type) and issubclass(made, Record) and made.__module__ == module.__name__  # fmt: skip


def _check(record: type[Record]) -> None:
    """Raise `LookupError` unless what a class declares is there."""
    if not record.partitions:
        raise LookupError(f"the record {record.__name__} declares no partition")
    declared = {*record.secrets, record.unique, record.expiry} - {""}
    for missing in sorted(declared - set(record.__struct_fields__)):
        raise LookupError(f"the record {record.__name__} has no field `{missing}`")
    if record.arn_form is not None and not hasattr(record, "arn"):
        raise LookupError(f"the record {record.__name__} is found by ARN and has no property `arn`")


def partitions_of(records: Iterable[type[Record]]) -> tuple[Partition, ...]:
    """Return every kind of partition that records are kept in; raises `LookupError` if a name could be of two kinds."""
    found = dict.fromkeys([ACCOUNT, *(each for record in records for each in record.partitions)])
    for each in found:
        if each.prefix and each.prefix.find("-") != len(each.prefix) - 1:
            raise LookupError(f"the prefix of partitions `{each.prefix}` does not end with its first dash")  # fmt: skip
    if len({each.name_start for each in found}) < len(found):
        raise LookupError("two kinds of partitions have one beginning")
    return tuple(found)


RECORDS = records_in()
KINDS: Mapping[str, type[Record]] = {record.kind: record for record in RECORDS}
"""Every kind of record, as the store reads it."""
PARTITIONS = partitions_of(RECORDS)
_ONLY = {each.single_name: each for each in PARTITIONS if each.single_name}
_PREFIXED = {each.prefix: each for each in PARTITIONS if not each.single_name}


def partition_of(name: str) -> Partition:
    """Return the kind of the partition of that name, whether there is such a partition or not."""
    if name.isdigit():
        return ACCOUNT
    return _ONLY.get(name) or _PREFIXED.get(name[: name.find("-") + 1], ACCOUNT)
