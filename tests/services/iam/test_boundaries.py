"""Permissions boundaries of users and roles: changes and refusals."""

import pytest
from msgspec.structs import replace
from tests.services.support import (
    ACCOUNT,
    OTHER,
    Snapshot,
    an_account,
    managed_policy,
    named,
    refused,
    role,
    user,
)

from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.faults import Invalid, NotFound, Unmodifiable
from daypass.services.iam.policies import boundaries

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
PUT = {
    "user": boundaries.put_user_permissions_boundary,
    "role": boundaries.put_role_permissions_boundary,
}
DELETE = {
    "user": boundaries.delete_user_permissions_boundary,
    "role": boundaries.delete_role_permissions_boundary,
}
MAKE = {"user": user, "role": role}
KINDS = sorted(MAKE)


@pytest.fixture
def known():
    return Snapshot()


def everybody(known):
    return [*known.account.of(User), *known.account.of(Role)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_boundary_is_set_replaced_and_taken_away_at_one_alone(known, kind) -> None:
    one, other = MAKE[kind]("one", attached=(READ_ONLY,)), MAKE[kind]("other", boundary=READ_ONLY)
    limit = managed_policy("limit", path="/limits/")
    known.put(one, other, limit)

    assert known.call(PUT[kind], **named(kind), PermissionsBoundary=READ_ONLY) == {}
    assert everybody(known) == [replace(one, boundary=READ_ONLY), other]
    known.call(PUT[kind], **named(kind), PermissionsBoundary=limit.arn)
    assert everybody(known) == [replace(one, boundary=limit.arn), other]
    assert known.call(DELETE[kind], **named(kind)) == {}
    assert everybody(known) == [one, other]


@pytest.mark.parametrize("kind", KINDS)
def test_a_boundary_that_is_not_there_cannot_be_taken_away(known, kind) -> None:
    known.put(MAKE[kind]("one"))

    with refused(NotFound, f"The {kind} one has no permissions boundary."):
        known.call(DELETE[kind], **named(kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:iam::{ACCOUNT}:policy/missing",
        f"arn:aws:iam::{OTHER}:policy/theirs",
        f"arn:aws:iam::{ACCOUNT}:policy/LIMIT",
    ],
)
def test_a_policy_that_is_not_there_is_no_boundary_and_the_old_one_stays(known, kind, arn) -> None:
    one = MAKE[kind]("one", boundary=READ_ONLY)
    known.put(
        one, managed_policy("limit"), an_account(OTHER), managed_policy("theirs", account=OTHER)
    )

    with refused(NotFound, f"Scope ARN: {arn} does not exist or is not attachable."):
        known.call(PUT[kind], **named(kind), PermissionsBoundary=arn)
    assert everybody(known) == [one]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "arn",
    [
        "the-policy-of-that-name",
        f"arn:aws:iam::{ACCOUNT}:user/one",
        f"arn:aws:iam::{ACCOUNT}:not_a_policy/invalid",
        "arn:aws:s3:::policy/bucket",
    ],
)
def test_what_is_no_policys_arn_is_no_boundary(known, kind, arn) -> None:
    one = known.put(MAKE[kind]("one"))

    with refused(Invalid, f"ARN {arn} is not valid."):
        known.call(PUT[kind], **named(kind), PermissionsBoundary=arn)
    assert everybody(known) == [one]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operations", [PUT, DELETE])
@pytest.mark.parametrize("name", ["missing", "One"])
def test_whoever_is_not_there_is_not_found(known, kind, operations, name) -> None:
    known.put(MAKE[kind]("one", boundary=READ_ONLY))
    more = {"PermissionsBoundary": READ_ONLY} if operations is PUT else {}

    with refused(NotFound, f"The {kind} with name {name} cannot be found."):
        known.call(operations[kind], **named(kind, name), **more)


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        (boundaries.put_role_permissions_boundary, {"PermissionsBoundary": READ_ONLY}),
        (boundaries.delete_role_permissions_boundary, {}),
    ],
)
def test_a_role_of_a_service_keeps_its_boundary(known, operation, more) -> None:
    one = known.put(role("one", path="/aws-reserved/sso/", boundary=managed_policy("limit").arn))

    with pytest.raises(Unmodifiable, match="protected role 'one'"):
        known.call(operation, RoleName="one", **more)
    assert everybody(known) == [one]
