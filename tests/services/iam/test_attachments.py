"""Managed policies attached to users, groups and roles: answers, changes and refusals."""

import pytest
from msgspec.structs import replace
from tests.services.support import (
    ACCOUNT,
    OTHER,
    Snapshot,
    an_account,
    group,
    managed_policy,
    named,
    refused,
    role,
    user,
)

from daypass.core import quotas
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.managed_policy import ManagedPolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.faults import NotFound, ServiceFault, TooMany, Unmodifiable, Violation
from daypass.services.iam.policies import attachments

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
OF_A_SERVICE = "arn:aws:iam::aws:policy/aws-service-role/AWSOrganizationsServiceTrustPolicy"
ATTACH = {
    "user": attachments.attach_user_policy,
    "group": attachments.attach_group_policy,
    "role": attachments.attach_role_policy,
}
DETACH = {
    "user": attachments.detach_user_policy,
    "group": attachments.detach_group_policy,
    "role": attachments.detach_role_policy,
}
LIST = {
    "user": attachments.list_attached_user_policies,
    "group": attachments.list_attached_group_policies,
    "role": attachments.list_attached_role_policies,
}
MAKE = {"user": user, "group": group, "role": role}
CLASSES = {"user": User, "group": Group, "role": Role}
KINDS = sorted(MAKE)


@pytest.fixture
def known():
    return Snapshot()


def found(known, kind, name="one"):
    return known.account.of(CLASSES[kind]).find(name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_policy_is_attached_once_to_one_alone(known, kind) -> None:
    one, other = MAKE[kind]("one"), MAKE[kind]("other")
    mine = managed_policy("mine", path="/own/")
    known.put(one, other, mine)
    for arn in (mine.arn, READ_ONLY, mine.arn):
        assert known.call(ATTACH[kind], **named(kind), PolicyArn=arn) == {}

    assert found(known, kind) == replace(one, attached=(mine.arn, READ_ONLY))
    assert found(known, kind, "other") == other


@pytest.mark.parametrize("kind", KINDS)
def test_a_policy_is_detached_and_others_stay(known, kind) -> None:
    first, second, third = (managed_policy(name) for name in ("first", "second", "third"))
    one = MAKE[kind]("one", attached=(first.arn, second.arn, third.arn))
    known.put(one, first, second, third)
    known.call(DETACH[kind], **named(kind), PolicyArn=second.arn)

    assert found(known, kind) == replace(one, attached=(first.arn, third.arn))
    assert known.account.of(ManagedPolicy).find("second") == second
    with refused(NotFound, f"Policy {second.arn} was not found."):
        known.call(DETACH[kind], **named(kind), PolicyArn=second.arn)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_attached_is_listed_by_path_in_order_of_attachment(known, kind) -> None:
    zoo, ant = managed_policy("zoo", path="/team/a/"), managed_policy("ant", path="/team/b/")
    known.put(
        zoo, ant, MAKE[kind]("one", attached=(zoo.arn, READ_ONLY, ant.arn)), MAKE[kind]("bare")
    )

    def listed(name="one", **more):
        return known.call(LIST[kind], **named(kind, name), **more)["AttachedPolicies"]

    assert listed() == [
        {"PolicyName": "zoo", "PolicyArn": zoo.arn},
        {"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY},
        {"PolicyName": "ant", "PolicyArn": ant.arn},
    ]
    assert [each["PolicyName"] for each in listed(PathPrefix="/team/")] == ["zoo", "ant"]
    assert [each["PolicyName"] for each in listed(PathPrefix="/team/b/")] == ["ant"]
    assert listed("bare") == []


@pytest.mark.parametrize("kind", KINDS)
def test_ten_policies_are_attached_at_most_and_one_of_them_again(known, kind, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "ATTACHED_POLICIES_MAX", 1)
    mine = managed_policy("mine")
    one = MAKE[kind]("one", attached=(mine.arn,))
    known.put(one, mine)
    known.call(ATTACH[kind], **named(kind), PolicyArn=mine.arn)

    with refused(TooMany, f"Cannot exceed quota for PoliciesPer{kind.capitalize()}: 1"):
        known.call(ATTACH[kind], **named(kind), PolicyArn=READ_ONLY)
    assert found(known, kind) == one


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:iam::{ACCOUNT}:policy/missing",
        f"arn:aws:iam::{ACCOUNT}:policy/Mine",
        f"arn:aws:iam::{ACCOUNT}:policy/wrong/path/mine",
        f"arn:aws:iam::{OTHER}:policy/theirs",
        "arn:aws:iam::aws:policy/NoSuchPolicy",
        f"arn:aws:iam::{ACCOUNT}:role/mine",
    ],
)
def test_a_policy_that_is_not_there_is_not_attached(known, kind, arn) -> None:
    known.put(
        MAKE[kind]("one"),
        managed_policy("mine"),
        an_account(OTHER),
        managed_policy("theirs", account=OTHER),
    )

    with refused(NotFound, f"Policy {arn} does not exist or is not attachable."):
        known.call(ATTACH[kind], **named(kind), PolicyArn=arn)
    assert found(known, kind).attached == ()


@pytest.mark.parametrize("kind", KINDS)
def test_a_policy_of_a_services_role_is_attached_to_nobody(known, kind) -> None:
    known.put(MAKE[kind]("one"))

    with refused(ServiceFault, "Cannot attach a Service Role Policy to a Customer Role.") as found:
        known.call(ATTACH[kind], **named(kind), PolicyArn=OF_A_SERVICE)
    assert found.value.code == "PolicyNotAttachable"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_arn_is_no_policy(known, kind) -> None:
    known.put(MAKE[kind]("one"))

    for operations in (ATTACH, DETACH):
        with refused(Violation, "ARN the-policy-of-that-name is not valid."):
            known.call(operations[kind], **named(kind), PolicyArn="the-policy-of-that-name")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operations", [ATTACH, DETACH, LIST])
@pytest.mark.parametrize("name", ["missing", "One"])
def test_whoever_is_not_there_is_not_found(known, kind, operations, name) -> None:
    known.put(MAKE[kind]("one", attached=(READ_ONLY,)))
    more = {} if operations is LIST else {"PolicyArn": READ_ONLY}

    with refused(NotFound, f"The {kind} with name {name} cannot be found."):
        known.call(operations[kind], **named(kind, name), **more)


@pytest.mark.parametrize("operations", [ATTACH, DETACH])
@pytest.mark.parametrize("path", ["/aws-service-role/x/", "/aws-reserved/sso/"])
def test_a_role_of_a_service_is_read_and_never_changed(known, operations, path) -> None:
    known.put(role("one", path=path, attached=(READ_ONLY,)))

    with refused(
        Unmodifiable,
        "Cannot perform the operation on the protected role 'one' - this role is only "
        "modifiable by AWS",
    ):
        known.call(operations["role"], RoleName="one", PolicyArn=READ_ONLY)
    assert len(known.call(LIST["role"], RoleName="one")["AttachedPolicies"]) == 1
