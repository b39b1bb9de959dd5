"""The targets of IAM's operations: ARN and condition keys of resource and parameters."""

import pytest
from tests.services.support import (
    ACCOUNT,
    OTHER,
    Snapshot,
    an_account,
    group,
    managed_policy,
    role,
    user,
)

from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.record import Tag
from daypass.core.faults import Violation
from daypass.services.iam import resources

HERE = f"arn:aws:iam::{ACCOUNT}:"
LIMIT = "arn:aws:iam::aws:policy/ReadOnlyAccess"
TEAM = (Tag("Team", "a"),)
OF_TEAM = {"aws:resourcetag/team": "a", "iam:resourcetag/team": "a"}


@pytest.fixture
def known():
    known = Snapshot(
        user("alice", path="/team/", tags=TEAM, boundary=LIMIT),
        user("bob"),
        group("friends", path="/team/"),
        role("worker", path="/team/", tags=TEAM, boundary=LIMIT),
        managed_policy("mine", path="/team/", tags=TEAM),
        an_account(OTHER),
        managed_policy("theirs", account=OTHER, tags=TEAM),
    )
    known.device("phone", tags=TEAM)
    return known


def located(known, locate, caller=None, **parameters):
    target = locate(known.context(caller), parameters)
    assert (target.account, target.policy, target.action) == (None, None, "")
    return target.arn, dict(target.keys)


NAMED = [
    (
        resources.user,
        {"UserName": "alice"},
        "user/team/alice",
        OF_TEAM | {"iam:permissionsboundary": LIMIT},
    ),
    (resources.user, {"UserName": "bob"}, "user/bob", {}),
    (resources.user, {"UserName": "missing"}, "user/missing", {}),
    (resources.user, {"UserName": "Alice"}, "user/Alice", {}),
    (resources.user_or_root, {"UserName": "bob"}, "user/bob", {}),
    (resources.group, {"GroupName": "friends"}, "group/team/friends", {}),
    (resources.group, {"GroupName": "missing"}, "group/missing", {}),
    (
        resources.role,
        {"RoleName": "worker"},
        "role/team/worker",
        OF_TEAM | {"iam:permissionsboundary": LIMIT},
    ),
    (resources.role, {"RoleName": "missing"}, "role/missing", {}),
    (resources.policy, {"PolicyArn": f"{HERE}policy/team/mine"}, "policy/team/mine", OF_TEAM),
    (resources.policy, {"PolicyArn": f"{HERE}policy/mine"}, "policy/mine", {}),
    (resources.mfa_device, {"SerialNumber": f"{HERE}mfa/phone"}, "mfa/phone", OF_TEAM),
    (resources.mfa_device, {"SerialNumber": f"{HERE}mfa/missing"}, "mfa/missing", {}),
    (resources.new_user, {"UserName": "new", "Path": "/a/b/"}, "user/a/b/new", {}),
    (resources.new_user, {"UserName": "alice"}, "user/alice", {}),
    (resources.new_group, {"GroupName": "new", "Path": "/a/"}, "group/a/new", {}),
    (resources.new_group, {"GroupName": "new"}, "group/new", {}),
    (resources.new_role, {"RoleName": "new", "Path": "/a/"}, "role/a/new", {}),
    (resources.new_role, {"RoleName": "new"}, "role/new", {}),
    (resources.new_policy, {"PolicyName": "new", "Path": "/a/"}, "policy/a/new", {}),
    (resources.new_policy, {"PolicyName": "new"}, "policy/new", {}),
    (resources.new_mfa_device, {"VirtualMFADeviceName": "new", "Path": "/a/"}, "mfa/a/new", {}),
    (resources.new_mfa_device, {"VirtualMFADeviceName": "new"}, "mfa/new", {}),
    (resources.policy_source, {"PolicySourceArn": f"{HERE}group/any"}, "group/any", {}),
]


@pytest.mark.parametrize(("locate", "parameters", "resource", "keys"), NAMED)
def test_what_is_named_is_the_resource_with_its_own_path_and_tags(
    known, locate, parameters, resource, keys
) -> None:
    assert located(known, locate, **parameters) == (HERE + resource, keys)


@pytest.mark.parametrize(
    ("locate", "parameters"),
    [
        (resources.policy, {"PolicyArn": f"arn:aws:iam::{OTHER}:policy/theirs"}),
        (resources.mfa_device, {"SerialNumber": f"arn:aws:iam::{OTHER}:mfa/phone"}),
        (resources.policy, {"PolicyArn": "the-policy-of-that-name"}),
        (resources.mfa_device, {"SerialNumber": "GAHT12345678"}),
    ],
)
def test_the_tags_of_another_account_tell_nothing(known, locate, parameters) -> None:
    known.put(
        known.device("phone", tags=TEAM).__class__(account=OTHER, name="phone", seed=b"", tags=TEAM)
    )

    assert located(known, locate, **parameters) == (next(iter(parameters.values())), {})


def test_what_a_request_passes_are_keys(known) -> None:
    passed = {
        "Tags": [{"Key": "Cost", "Value": "1"}, {"Key": "b", "Value": ""}],
        "PermissionsBoundary": "arn:other",
        "PolicyArn": LIMIT,
    }
    keys = {
        "aws:requesttag/cost": "1",
        "aws:requesttag/b": "",
        "aws:tagkeys": ("Cost", "b"),
        "iam:permissionsboundary": "arn:other",
        "iam:policyarn": LIMIT,
    }

    assert located(known, resources.user, UserName="bob", **passed)[1] == keys
    assert located(known, resources.user, UserName="alice", **passed)[1] == OF_TEAM | keys
    assert located(known, resources.role, RoleName="worker", **passed)[1] == OF_TEAM | keys
    assert located(known, resources.group, GroupName="friends", **passed)[1] == keys


def test_keys_of_tags_that_are_taken_off_are_keys_in_their_case(known) -> None:
    assert located(known, resources.user, UserName="bob", TagKeys=["Team", "b"])[1] == {
        "aws:tagkeys": ("Team", "b")
    }
    assert located(known, resources.user, UserName="bob", TagKeys=[])[1] == {"aws:tagkeys": ()}


def test_a_policy_that_is_acted_on_is_no_key_of_itself(known) -> None:
    assert "iam:policyarn" not in located(known, resources.policy, PolicyArn=LIMIT)[1]


def test_without_a_name_the_caller_is_the_resource(known) -> None:
    bob = known.caller(known.account.of(User).find("bob"))

    assert located(known, resources.user, bob) == (f"{HERE}user/bob", {})
    assert located(known, resources.user_or_root, bob) == (f"{HERE}user/bob", {})
    assert located(known, resources.user_or_root) == (f"{HERE}root", {})


@pytest.mark.parametrize("locate", [resources.user, resources.user_or_root])
def test_a_session_of_a_role_has_to_name_the_user(known, locate) -> None:
    worker = known.caller(known.account.of(Role).find("worker"))

    with pytest.raises(Violation):
        located(known, locate, worker)
