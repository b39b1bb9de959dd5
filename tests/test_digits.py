"""Digits are the ten of ASCII: those of other scripts are text, wherever a number is read.

Who looks for the class in the code: `tests/test_tidy.py`.
"""

import importlib
import json

import pytest
import sqlalchemy as sa

from daypass.blueprint import policy_texts
from daypass.blueprint.file import document_reader
from daypass.core.account_ids import is_account_id
from daypass.core.domain.partition import ACCOUNT
from daypass.state.snapshot import kinds

SUPERSCRIPT, ARABIC = "²", "٣"


@pytest.mark.parametrize("digit", [SUPERSCRIPT, ARABIC])
def test_an_account_id_has_no_other_digits(digit) -> None:
    assert is_account_id("1" * 12)
    assert not is_account_id(digit * 12)


@pytest.mark.parametrize("digit", [SUPERSCRIPT, ARABIC])
def test_a_principal_of_other_digits_is_no_account(digit) -> None:
    def trusting(principal):
        statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    same = policy_texts.is_same_policy
    assert same(trusting("1" * 12), trusting(f"arn:aws:iam::{'1' * 12}:root"))
    assert not same(trusting(digit * 12), trusting(f"arn:aws:iam::{digit * 12}:root"))


def test_a_path_in_a_document_has_no_other_digits() -> None:
    found = document_reader._PATH_PART.findall

    assert found("Statement[3].Action") == [("Statement", ""), ("", "3"), ("Action", "")]
    assert ("", ARABIC) not in found(f"Statement[{ARABIC}].Action")


def test_a_partition_of_other_digits_belongs_to_an_account() -> None:
    # Any name that no other kind of partition has does; what matters is that none fails.
    assert kinds.partition_of(SUPERSCRIPT * 12) is ACCOUNT


@pytest.fixture
def upgraded():
    """A database as it is in the middle of the upgrade to its second form, and that upgrade."""
    versions = "daypass.state.schema.migrations.versions"
    with sa.create_engine("sqlite://").connect() as connection:
        for statement in (
            'CREATE TABLE old_tickets (kind TEXT, "key" TEXT, expires INTEGER)',
            'CREATE TABLE tickets (kind TEXT, "key" TEXT, state INTEGER, body BLOB, expires INTEGER)',
            "CREATE TABLE meta (name TEXT, value TEXT)",
            "CREATE TABLE nodes (id TEXT, boot TEXT, version TEXT, level INTEGER, ring INTEGER, drained INTEGER, audit_seq INTEGER, audit_hash TEXT)",
        ):
            connection.execute(sa.text(statement))
        yield connection, importlib.import_module(f"{versions}.v0002_one_order")


def test_an_upgrade_takes_a_code_of_other_digits_for_no_step(upgraded) -> None:
    connection, upgrade = upgraded
    for step in ("7", ARABIC, SUPERSCRIPT):
        ticket = {"key": f"phone/{step}"}
        connection.execute(sa.text("INSERT INTO old_tickets VALUES ('totp', :key, 9)"), ticket)

    upgrade._copy_tickets(connection)

    last = sa.text("SELECT state FROM tickets WHERE \"key\" = 'phone'")
    assert connection.execute(last).scalars().all() == [7]


@pytest.mark.parametrize("line", [SUPERSCRIPT, ARABIC, "", "-1"])
def test_an_upgrade_takes_a_checkpoint_of_other_digits_for_none(upgraded, line) -> None:
    connection, upgrade = upgraded
    mark = {"value": f"{line} {'a' * 64}"}
    connection.execute(sa.text("INSERT INTO meta VALUES ('audit checkpoint', :value)"), mark)

    upgrade._copy_checkpoint(connection, 5)

    assert connection.execute(sa.text("SELECT audit_seq FROM nodes")).scalar() == -1
