"""All kinds of records and of partitions, as declared by the classes in `core.domain`.

A new file there suffices. An invalid declaration stops the program at start. Out: the views of
partitions (`view_kinds`).
"""

import pkgutil
from collections.abc import Iterable, Mapping
from importlib import import_module
from types import ModuleType

from daypass.core import domain
from daypass.core.domain.partition import ACCOUNT, Partition
from daypass.core.domain.record import Record


def record_classes(package: ModuleType = domain) -> tuple[type[Record], ...]:
    """Return every class of records in a package and its subpackages, in order of kind.

    Raises `LookupError` for two classes of one kind, and for a class with an invalid
    declaration.
    """
    names = [each.name for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    modules = [import_module(name) for name in sorted(names)]
    classes = [
        each
        for module in modules
        for each in vars(module).values()
        if _is_record_class(each, module)
    ]
    found = [each for each in classes if "kind" in vars(each)]
    for each in classes:
        if "kind" not in vars(each) and not each.__subclasses__():
            raise LookupError(f"the record {each.__name__} declares no kind")
    for each in found:
        _check_declaration(each)
    by_kind = {each.kind: each for each in found}
    if len(by_kind) < len(found):
        raise LookupError(f"two records of {package.__name__} have one kind")
    return tuple(by_kind[kind] for kind in sorted(by_kind))


def _is_record_class(value: object, module: ModuleType) -> bool:
    return (
        isinstance(value, type)
        and issubclass(value, Record)
        and value.__module__ == module.__name__
    )


def _check_declaration(record: type[Record]) -> None:
    """Raise `LookupError` unless the fields that a class declares exist."""
    if not record.partitions:
        raise LookupError(f"the record {record.__name__} declares no partition")
    declared = {
        *record.secrets,
        *record.grouped_by,
        *record.shared,
        record.unique,
        record.expiry,
    } - {""}
    for missing in sorted(declared - set(record.__struct_fields__)):
        raise LookupError(f"the record {record.__name__} has no field `{missing}`")
    if record.arn_form is not None and not hasattr(record, "arn"):
        raise LookupError(f"the record {record.__name__} is found by ARN and has no property `arn`")


def partition_kinds(records: Iterable[type[Record]]) -> tuple[Partition, ...]:
    """Return every kind of partition that holds records.

    Raises `LookupError` if a name could belong to two kinds.
    """
    found = dict.fromkeys([ACCOUNT, *(each for record in records for each in record.partitions)])
    for each in found:
        if each.prefix and each.prefix.find("-") != len(each.prefix) - 1:
            raise LookupError(
                f"the prefix of partitions `{each.prefix}` does not end with its first dash"
            )
    if len({each.name_start for each in found}) < len(found):
        raise LookupError("two kinds of partitions have one beginning")
    return tuple(found)


RECORDS = record_classes()
KINDS: Mapping[str, type[Record]] = {record.kind: record for record in RECORDS}
"""The class of each kind of record, by the kind that the store writes."""
PARTITIONS = partition_kinds(RECORDS)
_ONLY = {each.single_name: each for each in PARTITIONS if each.single_name}
_PREFIXED = {each.prefix: each for each in PARTITIONS if not each.single_name}


def partition_of(name: str) -> Partition:
    """Return the kind of partition that a name belongs to, whether the partition exists or not."""
    if name.isascii() and name.isdigit():
        return ACCOUNT
    return _ONLY.get(name) or _PREFIXED.get(name[: name.find("-") + 1], ACCOUNT)
