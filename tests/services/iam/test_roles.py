"""Operations on roles: answers, changes and refusals."""

import json
from urllib.parse import quote, unquote

import pytest
from msgspec.structs import replace
from tests.documents import policy, trust
from tests.services.support import (
    ACCOUNT,
    ALLOW,
    NOW,
    OTHER,
    TRUST,
    Snapshot,
    an_account,
    names,
    refused,
    role,
    unique_id,
    user,
)

from daypass.core import quotas
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.record import Tag
from daypass.core.faults import (
    AlreadyExists,
    InUse,
    Invalid,
    Malformed,
    NotFound,
    TooMany,
    Unmodifiable,
)
from daypass.services.iam import roles, users

BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def known():
    return Snapshot()


def worker(known):
    return known.account.of(Role).find("worker")


def trusting(*principals):
    """Return a trust policy for principals, each by ARN or unique id."""
    return policy(trust(list(principals)), separators=(",", ":"))


def view(record, document=TRUST):
    return identity(record, document) | {"MaxSessionDuration": record.session_seconds_max}


def identity(record, document=TRUST):
    return {
        "Path": record.path,
        "RoleName": record.name,
        "RoleId": record.unique_id,
        "Arn": record.arn,
        "CreateDate": record.created,
        "AssumeRolePolicyDocument": quote(document, safe=""),
    }


def test_a_new_role_has_what_was_asked_for_and_may_do_nothing(known) -> None:
    made = known.call(
        roles.create_role,
        RoleName="worker",
        Path="/team/",
        AssumeRolePolicyDocument=TRUST,
        Description="works",
        MaxSessionDuration=7200,
        PermissionsBoundary=BOUNDARY,
        Tags=[{"Key": "a", "Value": "b"}],
    )["Role"]

    assert worker(known) == Role(
        account=ACCOUNT,
        name="worker",
        path="/team/",
        unique_id=worker(known).unique_id,
        created=NOW,
        trust=TRUST,
        description="works",
        session_seconds_max=7200,
        boundary=BOUNDARY,
        tags=(Tag("a", "b"),),
    )
    assert made == identity(worker(known)) | {
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": BOUNDARY,
        },
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/team/worker"
    assert made["RoleId"].startswith("AROA")


def test_a_new_role_lasts_an_hour_unless_it_is_asked_for_more(known) -> None:
    made = known.call(roles.create_role, RoleName="worker", AssumeRolePolicyDocument=TRUST)["Role"]

    assert made == identity(worker(known))
    assert (worker(known).session_seconds_max, made["Path"]) == (3600, "/")


def test_a_roles_name_is_taken_in_its_account_whatever_its_case_and_path(known) -> None:
    known.put(role("worker", path="/team/"), an_account(OTHER), role("theirs", OTHER))

    with refused(AlreadyExists, "Role with name Worker already exists."):
        known.call(roles.create_role, RoleName="Worker", AssumeRolePolicyDocument=TRUST)
    assert known.call(roles.create_role, RoleName="theirs", AssumeRolePolicyDocument=TRUST)


@pytest.mark.parametrize(
    "path", ["/aws-service-role/", "/aws-service-role/x.amazonaws.com/", "/aws-reserved/sso/"]
)
def test_nobody_makes_a_role_of_a_service(known, path) -> None:
    with refused(Invalid, f"The path {path} is reserved for roles of AWS services."):
        known.call(roles.create_role, RoleName="worker", Path=path, AssumeRolePolicyDocument=TRUST)
    assert known.call(
        roles.create_role, RoleName="worker", Path="/aws-services/", AssumeRolePolicyDocument=TRUST
    )


def test_an_account_has_so_many_roles(known, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "ROLES_MAX", 1)
    known.call(roles.create_role, RoleName="first", AssumeRolePolicyDocument=TRUST)

    with refused(TooMany, "Cannot exceed quota for RolesPerAccount: 1"):
        known.call(roles.create_role, RoleName="second", AssumeRolePolicyDocument=TRUST)


@pytest.mark.parametrize(
    "arn", [f"arn:aws:iam::{ACCOUNT}:policy/missing", "arn:aws:iam::aws:policy/NoSuchPolicy"]
)
def test_a_boundary_that_is_not_there_is_no_boundary(known, arn) -> None:
    with refused(NotFound, f"Scope ARN: {arn} does not exist or is not attachable."):
        known.call(
            roles.create_role,
            RoleName="worker",
            AssumeRolePolicyDocument=TRUST,
            PermissionsBoundary=arn,
        )
    assert names(known.account.of(Role)) == []


WRITE = [
    (roles.create_role, "AssumeRolePolicyDocument"),
    (roles.update_assume_role_policy, "PolicyDocument"),
]


@pytest.fixture(params=WRITE, ids=["made", "changed"])
def trusted(known, request):
    """Return a function that sets a role's trust policy and returns the stored text."""
    operation, parameter = request.param
    if operation is roles.update_assume_role_policy:
        known.put(role("worker"))

    def write(text):
        known.call(operation, RoleName="worker", **{parameter: text})
        return worker(known).trust

    return write


def test_who_is_trusted_is_kept_by_id_and_shown_by_arn(known, trusted) -> None:
    alice, guest = user("alice", path="/team/"), role("guest", OTHER)
    known.put(alice, an_account(OTHER), guest)
    text = trusting(alice.arn, guest.arn, OTHER, f"arn:aws:iam::{OTHER}:root")

    assert trusted(text) == trusting(
        alice.unique_id, guest.unique_id, OTHER, f"arn:aws:iam::{OTHER}:root"
    )
    shown = known.call(roles.get_role, RoleName="worker")["Role"]["AssumeRolePolicyDocument"]
    assert unquote(shown) == text


def test_a_user_of_the_same_name_inherits_no_trust(known, trusted) -> None:
    # T075-STS
    known.put(user("alice"))
    trusted(trusting(user("alice").arn))
    known.call(users.delete_user, UserName="alice")
    known.call(users.create_user, UserName="alice")

    shown = known.call(roles.get_role, RoleName="worker")["Role"]["AssumeRolePolicyDocument"]
    assert unquote(shown) == trusting(user("alice").unique_id)


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:iam::{ACCOUNT}:user/missing",
        f"arn:aws:iam::{ACCOUNT}:user/Alice",
        f"arn:aws:iam::{ACCOUNT}:user/*",
    ],
)
def test_somebody_who_is_not_there_is_trusted_by_nobody(known, trusted, arn) -> None:
    known.put(user("alice"))
    before = list(known.account.of(Role))

    with pytest.raises(Malformed) as found:
        trusted(trusting(arn))
    assert found.value.message == f'Invalid principal in policy: "AWS":"{arn}"'
    assert list(known.account.of(Role)) == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no JSON", "This policy contains invalid Json"),
        (ALLOW, "Has prohibited field Resource"),
        (
            TRUST.replace("sts:AssumeRole", "s3:GetObject"),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
    ],
)
def test_a_document_that_is_no_trust_policy_is_refused(known, trusted, text, words) -> None:
    before = list(known.account.of(Role))

    with pytest.raises(Malformed) as found:
        trusted(text)
    assert found.value.message == words
    assert list(known.account.of(Role)) == before


def test_a_trust_policy_counts_without_its_white_space(trusted, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "TRUST_POLICY_CHARACTERS_MAX", len(TRUST))
    spaced = json.dumps(json.loads(TRUST), indent=4)

    with refused(TooMany, f"Cannot exceed quota for ACLSizePerRole: {len(TRUST)}"):
        trusted(TRUST.replace('"Effect"', '"Sid":"a","Effect"'))
    assert trusted(spaced) == spaced


def test_a_role_is_shown_whole_with_its_last_use(known) -> None:
    one = known.put(
        role("worker", path="/team/", description="works", boundary=BOUNDARY, tags=(Tag("a", "b"),))
    )

    def shown():
        return known.call(roles.get_role, RoleName="worker")["Role"]

    whole = view(one) | {
        "Description": "works",
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": BOUNDARY,
        },
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    assert shown() == whole | {"RoleLastUsed": {}}
    known.used(one.unique_id, NOW - 60)
    assert shown() == whole | {"RoleLastUsed": {"LastUsedDate": NOW - 60, "Region": "us-east-1"}}


def test_roles_are_listed_by_path_in_order_of_name_without_boundary_tags_and_last_use(
    known,
) -> None:
    zoo, ant, elk = (
        role("zoo", path="/team/a/", description="z", boundary=BOUNDARY, tags=(Tag("a", "b"),)),
        role("ant", path="/team/b/"),
        role("elk"),
    )
    known.put(zoo, ant, elk, an_account(OTHER), role("theirs", OTHER))
    known.used(zoo.unique_id, NOW)

    assert known.call(roles.list_roles)["Roles"] == [
        view(ant),
        view(elk),
        view(zoo) | {"Description": "z"},
    ]
    assert known.call(roles.list_roles, PathPrefix="/team/b/")["Roles"] == [view(ant)]
    assert known.call(roles.list_roles, PathPrefix="/nowhere/")["Roles"] == []


@pytest.mark.parametrize(
    ("more", "after"),
    [
        (
            {"Description": "new", "MaxSessionDuration": 43200},
            {"description": "new", "session_seconds_max": 43200},
        ),
        ({"Description": "", "MaxSessionDuration": 7200}, {"description": ""}),
        ({"Description": "new"}, {"description": "new"}),
    ],
)
def test_a_role_is_given_another_description_and_longest_session(known, more, after) -> None:
    one, other = (
        role(
            "worker",
            description="old",
            session_seconds_max=7200,
            attached=(BOUNDARY,),
            boundary=BOUNDARY,
        ),
        role("other", description="old"),
    )
    known.put(one, other)

    assert known.call(roles.update_role, RoleName="worker", **more) == {}
    assert list(known.account.of(Role)) == [other, replace(one, **after)]


def test_a_role_keeps_what_is_not_given(known) -> None:
    one = known.put(role("worker", description="old", session_seconds_max=7200))
    known.call(roles.update_role, RoleName="worker")

    assert worker(known) == one


def test_a_description_is_changed_alone(known) -> None:
    one = known.put(
        role("worker", description="old", session_seconds_max=7200, tags=(Tag("a", "b"),))
    )
    shown = known.call(roles.update_role_description, RoleName="worker", Description="new")["Role"]

    assert worker(known) == replace(one, description="new")
    assert shown == identity(one) | {
        "Description": "new",
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    known.call(roles.update_role_description, RoleName="worker", Description="")
    assert worker(known).description == ""


def test_whom_a_role_trusts_is_changed_alone(known) -> None:
    one = known.put(
        role("worker", description="old", session_seconds_max=7200, attached=(BOUNDARY,))
    )
    assert (
        known.call(
            roles.update_assume_role_policy, RoleName="worker", PolicyDocument=trusting(OTHER)
        )
        == {}
    )

    assert worker(known) == replace(one, trust=trusting(OTHER))


@pytest.mark.parametrize(
    ("hanging", "words"),
    [
        ({"attached": (BOUNDARY,)}, "must detach all policies first"),
        ({"inline": (InlinePolicy("own", ALLOW),)}, "must delete policies first"),
    ],
)
def test_a_role_on_which_a_policy_hangs_is_not_deleted(known, hanging, words) -> None:
    one = known.put(role("worker", **hanging))

    with refused(InUse, f"Cannot delete entity, {words}."):
        known.call(roles.delete_role, RoleName="worker")
    assert worker(known) == one


def test_a_role_is_deleted_with_its_boundary_and_leaves_the_others(known) -> None:
    known.put(role("worker", boundary=BOUNDARY, tags=(Tag("a", "b"),)), role("other"))
    assert known.call(roles.delete_role, RoleName="worker") == {}

    assert names(known.account.of(Role)) == ["other"]
    assert known.account.by_id(Role, unique_id("AROA", "worker")) is None


def test_a_roles_tags_are_put_replaced_and_taken_off(known) -> None:
    one = known.put(role("worker"))
    known.call(
        roles.tag_role,
        RoleName="worker",
        Tags=[{"Key": "team", "Value": "a"}, {"Key": "cost", "Value": "1"}],
    )
    known.call(roles.tag_role, RoleName="worker", Tags=[{"Key": "Team", "Value": "b"}])
    known.call(roles.untag_role, RoleName="worker", TagKeys=["COST", "missing"])

    assert known.call(roles.list_role_tags, RoleName="worker")["Tags"] == [
        {"Key": "Team", "Value": "b"}
    ]
    assert worker(known) == replace(one, tags=(Tag("Team", "b"),))


def test_a_role_is_in_no_instance_profile(known) -> None:
    known.put(role("worker"))

    assert known.call(roles.list_instance_profiles_for_role, RoleName="worker") == {
        "InstanceProfiles": []
    }


READ = [
    (roles.get_role, {}),
    (roles.list_role_tags, {}),
    (roles.list_instance_profiles_for_role, {}),
]
CHANGE = [
    (roles.update_role, {}),
    (roles.update_role_description, {"Description": "new"}),
    (roles.update_assume_role_policy, {"PolicyDocument": TRUST}),
    (roles.delete_role, {}),
    (roles.tag_role, {"Tags": [{"Key": "a", "Value": "b"}]}),
    (roles.untag_role, {"TagKeys": ["a"]}),
]


@pytest.mark.parametrize(("operation", "more"), READ + CHANGE)
@pytest.mark.parametrize("name", ["missing", "Worker", "theirs"])
def test_a_role_is_found_by_its_exact_name_in_its_own_account(known, operation, more, name) -> None:
    # T237-PRIV
    known.put(role("worker"), an_account(OTHER), role("theirs", OTHER))

    with refused(NotFound, f"The role with name {name} cannot be found."):
        known.call(operation, RoleName=name, **more)


@pytest.mark.parametrize("path", ["/aws-service-role/x/", "/aws-reserved/sso/"])
def test_a_role_of_a_service_is_read_and_never_changed(known, path) -> None:
    one = known.put(role("worker", path=path))

    for operation, more in READ:
        assert known.call(operation, RoleName="worker", **more)
    for operation, more in CHANGE:
        with refused(
            Unmodifiable,
            "Cannot perform the operation on the protected role 'worker' - this role is only "
            "modifiable by AWS",
        ):
            known.call(operation, RoleName="worker", **more)
    assert worker(known) == one
