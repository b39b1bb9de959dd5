"""Every operation of S3 has its row, and every row its operation."""

import re

import botocore.session
import pytest

from daypass.gate.request.table import ALIASES, ELSEWHERE, ROWS, Fate

MODEL = botocore.session.Session().get_service_model("s3")


def test_every_operation_of_the_model_has_a_row() -> None:
    known = set(ROWS) | set(ALIASES) | ELSEWHERE

    assert set(MODEL.operation_names) <= known
    assert set(ROWS) <= set(MODEL.operation_names)
    assert set(ALIASES.values()) <= set(ROWS)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_row_asks_for_its_operation_as_the_model_does(name) -> None:
    row, http = ROWS[name], MODEL.operation_model(name).http
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
        assert ROWS[name].fate is Fate.STORE_ACTS
    for name in ("PutBucketAcl", "PutObjectAcl", "PutBucketTagging"):
        assert ROWS[name].fate is Fate.OWN
