"""Actions that do not exist, with the nearest name."""

import pytest
from tests.documents import allow, policy

from daypass.gate.operations.table import OPERATIONS
from daypass.policy import lint
from daypass.policy.action_names import unknown_action
from daypass.policy.reference import IamdataReference
from daypass.server import app
from daypass.services.kit.operation import BEARER
from daypass.services.registry import SERVICES
from daypass.wire.catalog import load_catalog


@pytest.mark.parametrize(
    ("action", "mistake"),
    [
        ("s3:DeleteObject", ""),
        ("S3:deleteobject", ""),
        ("sts:GetScopedCredentials", ""),
        ("s3:DeletObject", "there is no action `s3:DeletObject`; did you mean `s3:DeleteObject`?"),
        ("S3:DeletObject", "there is no action `S3:DeletObject`; did you mean `s3:DeleteObject`?"),
        ("iam:Xyzzy", "there is no action `iam:Xyzzy`"),
        (
            "dynamdb:PutItem",
            "there is no service `dynamdb`; did you mean `dynamodb:PutItem`?",
        ),
        ("dynamdb:PutThing", "there is no service `dynamdb`"),
        ("app:Read", "there is no service `app`"),
    ],
)
def test_a_mistyped_action_gets_the_nearest_name(action, mistake) -> None:
    assert unknown_action(action) == mistake


def test_every_action_that_the_gate_decides_is_known() -> None:
    # CreateSession is of directory buckets, whose actions begin with `s3express:`.
    actions = {f"s3:{each.action}" for each in OPERATIONS.values()} - {"s3:CreateSession", "s3:"}

    assert len(actions) > 50
    assert [mistake for each in actions if (mistake := unknown_action(each))] == []


def test_every_operation_of_the_authority_is_known() -> None:
    built = app.operations_by_service(load_catalog(SERVICES), SERVICES)
    # No policy names the operations of the portal: a token gives them, and nothing else.
    actions = {
        f"{each.action_prefix}:{name}"
        for each in SERVICES
        for name, operation in built.get(each.name, {}).items()
        if operation.scheme != BEARER
    }

    assert len(actions) > 100
    assert [mistake for each in actions if (mistake := unknown_action(each))] == []


@pytest.mark.parametrize(
    ("action", "is_known"), [("sts:GetScopedCredentials", True), ("sts:GetScopedCredential", False)]
)
def test_lint_knows_an_action_that_is_newer_than_the_data(action, is_known) -> None:
    _, found = lint(policy(allow(action)), None, IamdataReference())

    assert ("unknown-action" not in [each.code for each in found]) is is_known
