"""The rows of all operations against botocore's model; a new operation needs only a row."""

import asyncio
import inspect
import re
from dataclasses import fields, replace
from pathlib import Path

import botocore.session
import pytest
from msgspec.structs import replace as with_fields

from daypass.core.domain.iam.identity import InlinePolicy
from daypass.gate.decision.permissions import target_permission
from daypass.gate.operations import table
from daypass.gate.operations.operation import Operation
from daypass.gate.operations.table import ALIASES, CONDITIONAL, OPERATIONS, UNSERVED
from daypass.gate.operations.writes import FORM
from daypass.gate.protocol import expected_results
from daypass.gate.request.operation_row import Handling, Level, OperationRow
from daypass.gate.request.recognition import OperationRecognizer
from daypass.gate.store.probe_preconditions import PreconditionProbe
from daypass.state.changes import Put

from . import operations
from .conftest import RecordingStore
from .in_process import World, document, sha256, statement

GUIDE = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
MODEL = botocore.session.Session().get_service_model("s3")


def test_every_operation_of_the_model_has_a_row() -> None:
    known = set(OPERATIONS) | set(ALIASES) | UNSERVED

    assert set(MODEL.operation_names) <= known
    assert set(OPERATIONS) <= set(MODEL.operation_names)
    assert set(ALIASES.values()) <= set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_a_row_asks_for_its_operation_as_the_model_does(name) -> None:
    row, http = OPERATIONS[name], MODEL.operation_model(name).http
    literal = [
        piece.partition("=")[0]
        for piece in http["requestUri"].partition("?")[2].split("&")
        if piece
    ]
    selectors = [piece for piece in literal if piece not in {"x-id", "list-type", "select-type"}]

    assert row.method == http["method"]
    assert ([row.selector] if row.selector else []) == [
        each for each in selectors if not re.fullmatch("annotationName", each)
    ]


def test_what_would_open_a_door_beside_the_gate_is_not_forwarded() -> None:
    for name in (
        "PutBucketReplication",
        "PutBucketLogging",
        "PutBucketNotificationConfiguration",
        "PutBucketWebsite",
        "PutBucketInventoryConfiguration",
    ):
        assert OPERATIONS[name].handling is Handling.READS_FORWARDED
    for name in ("PutBucketAcl", "PutObjectAcl", "PutBucketTagging"):
        assert OPERATIONS[name].handling is Handling.ANSWERED_HERE


# What a row may say.

PLACE = ("DescribeObject", Level.OBJECT, "GET", "describe", "DescribeObject")


def test_the_page_of_all_operations_is_what_the_rows_say() -> None:
    """A change of what an operation asks for is a line that somebody reads."""
    right = operations.page().splitlines()
    written = operations.PAGE.read_text().splitlines()

    assert written == right, "`make operations` writes it; read each line that changes"


@pytest.mark.parametrize("row", [*OPERATIONS.values(), FORM], ids=lambda row: row.name)
def test_every_hook_of_a_row_is_there_and_takes_what_it_is_given(row) -> None:
    given = {
        "permissions": 3,
        "replacement_permissions": 2,
        "copied_metadata_permissions": 2,
        "condition_keys": 2,
        "check_document": 1,
        "check_request": 2,
        "new_bucket_record": 1,
        "complete_facts": 2,
        "answer": 4,
        "replaced_headers": 3,
        "response_headers": 2,
        "bind_upload_ids": 3,
    }
    hooks = {each.name for each in fields(Operation)} - {each.name for each in fields(OperationRow)}

    assert hooks - {"guarded_headers"} == set(given)
    for name, count in given.items():
        hook = getattr(row, name)
        if hook is not None:
            inspect.signature(hook).bind(*range(count))
            assert operations.named(hook)
    assert (row.answer is not None) >= (row.handling is Handling.ANSWERED_HERE)


@pytest.mark.parametrize(
    "more",
    [
        {"handling": Handling.ANSWERED_HERE},
        {"handling": Handling.REFUSED, "answer": OPERATIONS["ListBuckets"].answer},
        {"handling": Handling.READS_FORWARDED, "answer": OPERATIONS["ListBuckets"].answer},
    ],
)
def test_a_row_that_says_two_things_about_its_answer_is_none(more) -> None:
    with pytest.raises(ValueError, match="DescribeObject is"):
        Operation(*PLACE, **more)


def test_two_rows_that_no_request_can_tell_apart_do_not_start() -> None:
    one, two = Operation(*PLACE), replace(Operation(*PLACE), name="DescribeKey")

    OperationRecognizer([one, replace(two, marker_arguments=frozenset({"id"}))])
    with pytest.raises(ValueError, match="DescribeKey cannot be told"):
        OperationRecognizer([one, two])
    for mark, marks in (({"id"}, {"id"}), ({"id"}, {"id", "part"})):
        alike = [
            replace(one, marker_arguments=frozenset(mark)),
            replace(two, marker_arguments=frozenset(marks)),
        ]
        with pytest.raises(ValueError, match="DescribeKey cannot be told"):
            OperationRecognizer(alike)
    with pytest.raises(ValueError, match="DescribeKey gives `describe` a second meaning"):
        OperationRecognizer(
            [
                replace(one, fixed_arguments={"v": "1"}),
                replace(two, method="HEAD", fixed_arguments={"v": "2"}),
            ]
        )
    with pytest.raises(ValueError, match="DescribeObject is there twice"):
        table.operations_by_name([one, one])


def test_what_has_conditions_on_a_write_is_what_a_probe_tries() -> None:
    tried = PreconditionProbe(None, None).checks()

    assert {each.model_name for each in CONDITIONAL} == set(tried)


# A new operation.


def _may_be_read(request, facts, given):
    yield target_permission("GetObject", request, facts, given)


NEW = Operation(
    *PLACE,
    modelled_as="GetObject",
    permissions=_may_be_read,
    condition_keys=lambda _request, facts: {"s3:describes": facts.bucket.name},
    result=expected_results.document_result("Description"),
)
DESCRIPTION = b"<Description><Size>3</Size></Description>"
IN_THIS_BUCKET = {"Condition": {"StringEquals": {"s3:describes": "kept"}}}


@pytest.fixture
def store():
    made = RecordingStore()
    made.answer = lambda _sent: (200, {}, [DESCRIPTION])
    yield made
    made.close()


def described(store, *statements):
    """Have alice ask for the new operation: how it ended, what the store got, what was recorded."""
    world = World(store.url)
    world.change(Put(with_fields(world.user, inline=(InlinePolicy("own", document(*statements)),))))

    async def asking():
        try:
            scope = world.put(0, method="GET", query="describe=", payload_hash=sha256(b""))
            return await world.ask(scope)
        finally:
            await world.close()

    answered = asyncio.run(asking())
    return answered, [(sent.method, sent.target) for sent in store.sent], world.seen[-1]


def test_one_row_more_serves_a_new_operation(store, monkeypatch) -> None:
    both = statement(action=["s3:DescribeObject", "s3:GetObject"])
    before, sent, _ = described(store, both)

    assert before == (501, "NotImplemented")
    assert sent == []
    monkeypatch.setattr(table, "RECOGNIZER", OperationRecognizer([*OPERATIONS.values(), FORM, NEW]))
    reads, describes = statement(action="s3:GetObject"), statement(action="s3:DescribeObject")
    here = statement(action="s3:DescribeObject", **IN_THIS_BUCKET)
    for statements, status in (
        ([both], 200),
        ([reads, here], 200),
        ([describes], 403),
        ([reads], 403),
    ):
        store.sent.clear()
        (found, _), sent, told = described(store, *statements)
        assert found == status
        assert sent == ([("GET", "/kept/k?describe=")] if status == 200 else [])
        assert told.operation == "DescribeObject"


def test_the_guide_names_hooks_that_a_row_has() -> None:
    section = GUIDE.split("\n## Adding an operation of S3\n")[1].split("\n## ")[0]
    known = {each.name for each in fields(Operation)}
    named = set(re.findall(r"`(\w+)=`", section))

    assert named
    assert named <= known
