"""Kinds of records are found in their package, and invalid declarations are refused."""

import importlib
import re
import sys

import msgspec
import pytest

from daypass.core.domain.iam.user import User
from daypass.core.domain.partition import (
    ACCOUNT,
    AWS,
    GLOBAL,
    ORGANIZATION,
    OWNED_BY_AWS,
    SHARED,
    Partition,
)
from daypass.core.domain.record import HIDDEN, Record
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.kinds import (
    KINDS,
    RECORDS,
    partition_kinds,
    partition_of,
    record_classes,
)
from daypass.state.snapshot.view_kinds import VIEW_CLASSES

RECORD = """
from typing import ClassVar
from daypass.core.domain.arn_form import ArnForm
from daypass.core.domain.partition import ACCOUNT, Partition
from daypass.core.domain.record import Record

class {name}(Record, frozen=True, kw_only=True):
    {declared}
    id: str
"""
KEPT = "kind: ClassVar[str] = '{kind}'; partitions: ClassVar[tuple[Partition, ...]] = (ACCOUNT,)"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An empty package, and a function that puts a file into it."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "records_of_a_test" / "room").mkdir(parents=True)

    def write(name, text):
        (tmp_path / "records_of_a_test" / f"{name}.py").write_text(text)

    write("__init__", "")
    write("room/__init__", "")
    yield importlib.import_module("records_of_a_test"), write
    for name in [each for each in sys.modules if each.startswith("records_of_a_test")]:
        del sys.modules[name]


def test_every_kind_that_is_stored_is_still_known() -> None:
    """A kind that is renamed could not be read any more from existing databases."""
    assert {
        "access_key",
        "account",
        "account_creation",
        "bucket",
        "group",
        "handshake",
        "member",
        "mfa_device",
        "organization",
        "organization_policy",
        "organization_resource_policy",
        "organizational_unit",
        "policy",
        "responsibility_transfer",
        "role",
        "root_email",
        "user",
    } <= set(KINDS)


def test_a_kind_of_record_is_added_by_a_file_of_its_own(package) -> None:
    found, write = package
    assert record_classes(found) == ()
    write("second", RECORD.format(name="Second", declared=KEPT.format(kind="second")))
    write("room/first", RECORD.format(name="First", declared=KEPT.format(kind="first")))
    write("rules", "from records_of_a_test.second import Second")

    assert [record.kind for record in record_classes(found)] == ["first", "second"]


def test_two_records_of_one_kind_are_refused(package) -> None:
    found, write = package
    for module in ("one", "another"):
        write(module, RECORD.format(name="Same", declared=KEPT.format(kind="same")))

    with pytest.raises(LookupError, match="two records of records_of_a_test have one kind"):
        record_classes(found)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("about: ClassVar[str] = ''", "the record Thing declares no kind"),
        ("kind: ClassVar[str] = 'thing'", "the record Thing declares no partition"),
        (
            f"{KEPT}; unique: ClassVar[str] = 'unique_id'",
            "the record Thing has no field `unique_id`",
        ),
        (f"{KEPT}; expiry: ClassVar[str] = 'expires'", "the record Thing has no field `expires`"),
        (
            f"{KEPT}; secrets: ClassVar[frozenset[str]] = frozenset({{'seed'}})",
            "the record Thing has no field `seed`",
        ),
        (
            f"{KEPT}; arn_form: ClassVar[ArnForm] = ArnForm('iam', 'thing')",
            "the record Thing is found by ARN and has no property `arn`",
        ),
    ],
)
def test_an_invalid_declaration_is_refused(package, declared, message) -> None:
    found, write = package
    write("thing", RECORD.format(name="Thing", declared=declared))

    with pytest.raises(LookupError, match=re.escape(message)):
        record_classes(found)


@pytest.mark.parametrize(
    ("name", "partition"),
    [
        ("111122223333", ACCOUNT),
        ("", ACCOUNT),
        ("globe", ACCOUNT),
        ("ou-1", ACCOUNT),
        ("1o-1", ACCOUNT),
        ("o-exampleorgid", ORGANIZATION),
        ("o-", ORGANIZATION),
        (AWS, OWNED_BY_AWS),
        (GLOBAL, SHARED),
    ],
)
def test_the_kind_of_a_partition_follows_from_its_name(name, partition) -> None:
    assert partition_of(name) is partition


@pytest.mark.parametrize(
    ("partition", "message"),
    [
        (Partition("another", prefix="o-"), "two kinds of partitions have one beginning"),
        (Partition("another", single_name=AWS), "two kinds of partitions have one beginning"),
        (
            Partition("long", prefix="a-b-"),
            "the prefix of partitions `a-b-` does not end with its first dash",
        ),
        (
            Partition("short", prefix="ab"),
            "the prefix of partitions `ab` does not end with its first dash",
        ),
    ],
)
def test_kinds_of_partitions_whose_names_could_be_mixed_up_are_refused(partition, message) -> None:
    class Odd(Record, frozen=True, kw_only=True):
        partitions = (partition,)

    with pytest.raises(LookupError, match=message):
        partition_kinds((*RECORDS, Odd))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.kind)
def test_every_record_has_a_table_wherever_it_is_kept_and_nowhere_else(record) -> None:
    views = {partition: view(partition, "name") for partition, view in VIEW_CLASSES.items()}

    assert {each for each, view in views.items() if view.of(record) is not None} == set(
        record.partitions
    )


def test_only_records_that_all_accounts_share_are_found_without_a_partition() -> None:
    with pytest.raises(LookupError, match="records of kind user are kept in many partitions"):
        Directory().of(User)


def example(record):
    """Return a record with a value in each field: `shown` in texts, `hidden` in bytes."""
    values = {
        "str": "shown",
        "int": 7,
        "bool": True,
        "bytes": b"hidden",
        "tuple": (),
        "PublicAccess": None,
    }
    fields = {each.name: each.type for each in msgspec.structs.fields(record)}
    named = {
        name: re.match(r"\w+", getattr(kind, "__name__", str(kind)))[0]
        for name, kind in fields.items()
    }
    return record(**{name: values.get(kind) for name, kind in named.items()})


SPELLED = re.compile(r"secret|seed|password|private|sealed|hash", re.IGNORECASE)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.kind)
def test_no_record_shows_a_secret(record) -> None:
    """Sealed secrets are bytes; a text field whose name sounds like a secret counts as one."""
    fields = {each.name: each.type for each in msgspec.structs.fields(record)}
    secret = {name for name, kind in fields.items() if kind is bytes or SPELLED.search(name)}
    made = example(record)

    assert secret == record.secrets
    assert "hidden" not in repr(made)
    assert {name for name, value in made.__rich_repr__() if value == HIDDEN} == secret
    assert repr(made).startswith(f"{record.__name__}(account='shown', ")
