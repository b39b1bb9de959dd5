"""Assignments: made and ended with the role, their outcome kept, all of them listed."""

import json

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import MEMBER
from tests.services.ssoadmin.assigned import (
    ALICE,
    BOB,
    OTHERS,
    READ_ONLY,
    READ_S3,
    TEAM,
    Assigned,
    a_group,
    a_person,
)
from tests.services.ssoadmin.centered import ARN, DELEGATED, INSTANCE, MANAGEMENT, OUTSIDER, STORE
from tests.services.support import NOW, managed_policy, role

from daypass.core import quotas
from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.core.domain.identity_center.assignment_request import AssignmentRequest
from daypass.core.domain.identity_center.person import Person
from daypass.core.domain.identity_center.provisioned_set import ProvisionedSet
from daypass.core.faults import InvalidParameterValue, NotFound
from daypass.services.ssoadmin.assignments import account_assignments, request_status
from daypass.services.ssoadmin.permission_sets import (
    boundary,
    customer_policies,
    inline_policy,
    managed_policies,
    sets,
)

UNKNOWN = "c0000000-0000-4000-8000-000000000001"


@pytest.fixture
def world():
    return Assigned()


def test_an_assignment_makes_a_role_with_all_that_the_set_says(world) -> None:
    arn = world.new_set(
        Description="reads", SessionDuration="PT90M", RelayState="https://a.example"
    )
    world.on_set(
        managed_policies.attach_managed_policy_to_permission_set, arn, ManagedPolicyArn=READ_ONLY
    )
    world.on_set(inline_policy.put_inline_policy_to_permission_set, arn, InlinePolicy=READ_S3)
    world.on_set(
        boundary.put_permissions_boundary_to_permission_set,
        arn,
        PermissionsBoundary={"ManagedPolicyArn": READ_ONLY},
    )

    status = world.assign(arn)

    found, known = world.role(arn), world.provisioned_set(arn)
    (provider,) = world.providers()
    start, _, digits = found.name.rpartition("_")
    assert status["Status"] == "SUCCEEDED"
    assert "FailureReason" not in status
    assert start == "AWSReservedSSO_Reader"
    assert len(digits) == len(bytes.fromhex(digits).hex()) == 16
    assert found.path == "/aws-reserved/sso.amazonaws.com/"
    assert found.is_protected
    assert found.description == "reads"
    assert found.session_seconds_max == 43_200
    assert found.attached == (READ_ONLY,)
    assert found.boundary == READ_ONLY
    assert [(each.name, each.document) for each in found.inline] == [
        ("AwsSSOInlinePolicy", READ_S3)
    ]
    assert json.loads(found.trust) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider.arn},
                "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
                "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
            }
        ],
    }
    assert (known.session_seconds, known.relay_state) == (5_400, "https://a.example")


def test_the_answers_say_in_progress_although_the_work_is_done(world) -> None:
    named = {
        "InstanceArn": ARN,
        "PermissionSetArn": world.new_set(),
        "TargetId": MEMBER,
        "TargetType": "AWS_ACCOUNT",
        "PrincipalType": "USER",
        "PrincipalId": ALICE,
    }

    made = world.call(account_assignments.create_account_assignment, **named)
    there = world.assignments()
    ended = world.call(account_assignments.delete_account_assignment, **named)

    for answer in (
        made["AccountAssignmentCreationStatus"],
        ended["AccountAssignmentDeletionStatus"],
    ):
        assert len(answer.pop("RequestId")) == 36
        assert answer == {"Status": "IN_PROGRESS", "CreatedDate": NOW} | {
            name: value for name, value in named.items() if name != "InstanceArn"
        }
    assert len(there) == 1
    assert world.assignments() == []


def test_the_path_of_a_role_has_the_region_of_an_instance_elsewhere() -> None:
    world = Assigned(region="eu-west-1")
    arn = world.new_set()

    world.assign(arn)

    assert world.role(arn).path == "/aws-reserved/sso.amazonaws.com/eu-west-1/"


def test_two_sets_in_an_account_share_its_provider_and_another_account_has_its_own(world) -> None:
    one, two = world.new_set("One"), world.new_set("Two")

    for arn, target in ((one, MEMBER), (two, MEMBER), (one, DELEGATED)):
        world.assign(arn, target)

    (here,), (there,) = world.providers(), world.providers(DELEGATED)
    assert here.arn in world.role(one).trust
    assert here.arn in world.role(two).trust
    assert there.arn in world.role(one, DELEGATED).trust
    assert here.name != there.name
    assert world.role(one).name != world.role(one, DELEGATED).name


def test_an_assignment_made_twice_is_there_once_and_both_requests_succeed(world) -> None:
    arn = world.new_set()

    statuses = [world.assign(arn), world.assign(arn)]

    assert [each["Status"] for each in statuses] == ["SUCCEEDED", "SUCCEEDED"]
    assert len(world.assignments()) == 1


def test_a_further_assignment_of_an_edited_set_leaves_the_role_as_it_is(world) -> None:
    arn = world.new_set(Description="old")
    world.assign(arn)
    before, known = world.role(arn), world.provisioned_set(arn)
    world.on_set(sets.update_permission_set, arn, Description="new", SessionDuration="PT4H")

    world.assign(arn, principal=BOB)

    assert world.role(arn) == before
    assert world.provisioned_set(arn) == known


def test_with_the_last_assignment_goes_the_role_and_the_provider_stays(world) -> None:
    arn = world.new_set()
    world.assign(arn)
    world.assign(arn, principal=TEAM, kind="GROUP")
    first = world.role(arn)

    world.unassign(arn)
    kept = world.role(arn)
    status = world.unassign(arn, principal=TEAM, kind="GROUP")

    assert kept == first
    assert status["Status"] == "SUCCEEDED"
    assert world.role(arn) is None
    assert world.provisioned_set(arn) is None
    assert len(world.providers()) == 1

    world.assign(arn)

    assert world.role(arn).name != first.name
    assert world.role(arn).unique_id != first.unique_id
    assert len(world.providers()) == 1


def test_an_assignment_whose_role_is_gone_already_can_end(world) -> None:
    arn = world.new_set()
    world.assign(arn)
    world.remove(world.role(arn))
    world.unassign(arn)
    world.assign(arn, principal=BOB)
    world.remove(world.provisioned_set(arn))

    status = world.unassign(arn, principal=BOB)

    assert status["Status"] == "SUCCEEDED"
    assert world.assignments() == []
    assert world.provisioned_set(arn) is None


@pytest.mark.parametrize(
    ("principal", "kind", "target"),
    [(ALICE, "USER", DELEGATED), (ALICE, "GROUP", MEMBER), (BOB, "USER", MEMBER),
     (ALICE, "USER", "999988887777")],
    ids=["another account", "another kind", "another person", "an unknown account"],
)  # fmt: skip
def test_the_end_of_an_assignment_that_does_not_exist_succeeds_and_ends_none(
    world, principal, kind, target
) -> None:
    arn = world.new_set()
    world.assign(arn)
    before = world.assignments()

    status = world.unassign(arn, target, principal, kind)

    assert status["Status"] == "SUCCEEDED"
    assert world.assignments() == before
    assert world.role(arn) is not None


NO_USER = "Received a 404 status error: the USER assignee {} was not found in directory " + STORE
NO_GROUP = NO_USER.replace("USER", "GROUP")
NO_ACCOUNT = "Received a 404 status error: The account {} was not found in the organization."


@pytest.mark.parametrize(
    ("principal", "kind", "target", "reason"),
    [
        (UNKNOWN, "USER", MEMBER, NO_USER.format(UNKNOWN)),
        (TEAM, "USER", MEMBER, NO_USER.format(TEAM)),
        (ALICE, "GROUP", MEMBER, NO_GROUP.format(ALICE)),
        (ALICE, "USER", "999988887777", NO_ACCOUNT.format("999988887777")),
        (ALICE, "USER", OUTSIDER, NO_ACCOUNT.format(OUTSIDER)),
    ],
    ids=["unknown person", "a group as a person", "a person as a group", "unknown account",
         "account outside"],
)  # fmt: skip
def test_what_cannot_be_assigned_is_a_failed_request_with_its_reason(
    world, principal, kind, target, reason
) -> None:
    arn = world.new_set()

    status = world.assign(arn, target, principal, kind)

    assert (status["Status"], status["FailureReason"]) == ("FAILED", reason)
    assert world.assignments() == []
    assert world.providers() == []


def test_a_closed_account_gets_no_assignment_and_may_lose_one(world) -> None:
    arn = world.new_set()
    world.assign(arn)
    world.put(replace(world.directory.account(MEMBER).record, closed=NOW))

    failed, ended = world.assign(arn, principal=BOB), world.unassign(arn)

    assert failed["Status"] == "FAILED"
    assert failed["FailureReason"] == (
        f"Received a 409 status error: The account {MEMBER} is closed."
    )
    assert ended["Status"] == "SUCCEEDED"
    assert world.assignments() == []


def test_a_set_that_does_not_exist_is_refused_and_no_request_is_kept(world) -> None:
    absent = f"arn:aws:sso:::permissionSet/{INSTANCE}/ps-0000000000000000"

    for call in (world.assign, world.unassign):
        with pytest.raises(NotFound):
            call(absent)

    assert len(world.directory.instance(INSTANCE).of(AssignmentRequest)) == 0


def test_an_assignment_of_a_deleted_person_is_listed_can_end_and_revives_for_nobody(world) -> None:
    arn = world.new_set()
    world.assign(arn)
    world.remove(world.directory.identity_store(STORE).of(Person).get(ALICE))
    world.put(a_person(UNKNOWN, name=ALICE))

    listed = _listed(world, arn)
    status = world.unassign(arn)

    assert [each["PrincipalId"] for each in listed] == [ALICE]
    assert _for_principal(world, UNKNOWN) == []
    assert status["Status"] == "SUCCEEDED"
    assert world.role(arn) is None


def _listed(world, arn, target=MEMBER):
    return world.on_set(account_assignments.list_account_assignments, arn, AccountId=target)[
        "AccountAssignments"
    ]


def test_the_assignments_of_one_set_in_one_account_are_listed(world) -> None:
    one, two = world.new_set("One"), world.new_set("Two")
    world.assign(one)
    world.assign(one, principal=TEAM, kind="GROUP")
    world.assign(two)
    world.assign(one, DELEGATED)

    listed = _listed(world, one)

    assert listed == [
        {
            "AccountId": MEMBER,
            "PermissionSetArn": one,
            "PrincipalType": kind,
            "PrincipalId": principal,
        }
        for principal, kind in ((ALICE, "USER"), (TEAM, "GROUP"))
    ]


@pytest.mark.parametrize(
    ("principal", "kind", "account", "expected"),
    [
        (ALICE, "USER", None, [(DELEGATED, ALICE), (MEMBER, ALICE)]),
        (BOB, "USER", None, [(MEMBER, BOB), (MEMBER, TEAM)]),
        (TEAM, "GROUP", None, [(MEMBER, TEAM)]),
        (TEAM, "USER", None, []),
        (ALICE, "GROUP", None, []),
        (ALICE, "USER", DELEGATED, [(DELEGATED, ALICE)]),
        (ALICE, "USER", MANAGEMENT, []),
        (OTHERS, "GROUP", None, []),
        (UNKNOWN, "USER", None, []),
    ],
    ids=["own in order", "own and the group's", "a group's", "a group as a person",
         "a person as a group", "in one account", "in an account without", "without any",
         "unknown"],
)  # fmt: skip
def test_a_principal_s_assignments_are_its_own_and_those_of_its_groups(
    world, principal, kind, account, expected
) -> None:
    arn = world.new_set()
    for target, who, what in (
        (MEMBER, ALICE, "USER"), (DELEGATED, ALICE, "USER"), (MEMBER, BOB, "USER"),
        (MEMBER, TEAM, "GROUP"),
    ):  # fmt: skip
        world.assign(arn, target, who, what)

    assert _for_principal(world, principal, kind, account) == sorted(expected)


def _for_principal(world, principal, kind="USER", account=None):
    filters = {"Filter": {"AccountId": account}} if account else {}
    listed = world.call(
        account_assignments.list_account_assignments_for_principal,
        InstanceArn=ARN,
        PrincipalId=principal,
        PrincipalType=kind,
        **filters,
    )["AccountAssignments"]
    return [(each["AccountId"], each["PrincipalId"]) for each in listed]


def test_pages_of_a_person_s_own_and_its_groups_assignments_are_in_one_order(world) -> None:
    sets_made = sorted(world.new_set(name) for name in ("One", "Two", "Three"))
    for arn in sets_made:
        world.assign(arn, principal=BOB)
        world.assign(arn, principal=TEAM, kind="GROUP")
        world.assign(arn, DELEGATED, principal=TEAM, kind="GROUP")
    listed = account_assignments.list_account_assignments_for_principal(
        world.context(), {"InstanceArn": ARN, "PrincipalId": BOB, "PrincipalType": "USER"}
    )["AccountAssignments"]

    whole = list(listed.after(""))

    assert [each.key for each in whole] == sorted(each.key for each in whole)
    assert len(whole) == 9
    for number, each in enumerate(whole, start=1):
        assert list(listed.after(listed.key(each))) == whole[number:]


def test_a_principal_s_assignments_are_not_listed_of_an_account_instance(world) -> None:
    found = world.account_instance(has_permission_sets=True)

    with pytest.raises(InvalidParameterValue):
        world.call(
            account_assignments.list_account_assignments_for_principal,
            OUTSIDER,
            InstanceArn=found.arn,
            PrincipalId=ALICE,
            PrincipalType="USER",
        )


@pytest.mark.parametrize("missing", ["policy", "boundary"])
def test_a_customer_s_policy_is_found_in_the_target_by_name_and_path(world, missing) -> None:
    arn = world.new_set()
    reference = {"Name": "own", "Path": "/team/"}
    if missing == "policy":
        world.on_set(
            customer_policies.attach_customer_managed_policy_reference_to_permission_set,
            arn,
            CustomerManagedPolicyReference=reference,
        )
    else:
        world.on_set(
            boundary.put_permissions_boundary_to_permission_set,
            arn,
            PermissionsBoundary={"CustomerManagedPolicyReference": reference},
        )
    world.put(managed_policy("own", account=MEMBER))  # of another path
    world.put(managed_policy("own", account=DELEGATED, path="/team/"))

    here, there = world.assign(arn), world.assign(arn, DELEGATED)

    assert here["FailureReason"] == (
        f"Received a 404 status error: Not supported policy arn:aws:iam::{MEMBER}:policy/team/own."
    )
    assert world.role(arn) is None
    assert there["Status"] == "SUCCEEDED"
    found = world.role(arn, DELEGATED)
    policy = f"arn:aws:iam::{DELEGATED}:policy/team/own"
    assert (found.attached, found.boundary) == (
        ((policy,), "") if missing == "policy" else ((), policy)
    )


def test_more_policies_than_a_role_may_have_fail_in_the_account(world) -> None:
    arn = world.new_set()
    for number in range(quotas.ATTACHED_POLICIES_MAX + 1):
        world.put(managed_policy(f"p{number}", account=MEMBER))
        world.on_set(
            customer_policies.attach_customer_managed_policy_reference_to_permission_set,
            arn,
            CustomerManagedPolicyReference={"Name": f"p{number}"},
        )

    status = world.assign(arn)

    assert status["FailureReason"] == (
        "Received a 409 status error: Cannot exceed quota for PoliciesPerRole: 10"
    )
    assert world.role(arn) is None


def test_an_account_has_five_hundred_sets_at_most(world) -> None:
    arn = world.new_set()
    world.put(
        *(
            ProvisionedSet(
                account=INSTANCE, target=MEMBER, permission_set=f"ps-{number:016}", role_id="AROA",
                version=1, session_seconds=3600, provisioned=1,
            )
            for number in range(quotas.PROVISIONED_SETS_MAX)
        )
    )  # fmt: skip

    status = world.assign(arn)

    assert status["FailureReason"] == (
        "Received a 409 status error: Cannot provision more than 500 permission sets in the account"
        f" {MEMBER}."
    )


def test_an_account_has_as_many_roles_as_iam_allows(world) -> None:
    arn = world.new_set()
    world.put(*(role(f"r{number}", MEMBER) for number in range(quotas.ROLES_MAX)))

    status = world.assign(arn)

    assert status["FailureReason"] == (
        "Received a 409 status error: Cannot exceed quota for RolesPerAccount: 1000"
    )


def test_an_account_has_as_many_saml_providers_as_iam_allows(world) -> None:
    arn = world.new_set()
    world.put(
        *(
            SamlProvider(
                account=MEMBER, name=f"p{number}", created=1, valid_until=2, metadata="", uuid="u"
            )
            for number in range(quotas.SAML_PROVIDERS_MAX)
        )
    )

    status = world.assign(arn)

    assert status["FailureReason"] == (
        "Received a 409 status error: Cannot exceed quota for SAMLProvidersPerAccount: 100"
    )


def test_an_account_instance_assigns_in_its_own_account_alone() -> None:
    world = Assigned()
    found = world.account_instance(has_permission_sets=True)
    world.put(a_group(TEAM, account=found.store))
    arn = world.call(sets.create_permission_set, OUTSIDER, InstanceArn=found.arn, Name="Own")[
        "PermissionSet"
    ]["PermissionSetArn"]

    def status(target):
        made = world.call(
            account_assignments.create_account_assignment,
            OUTSIDER,
            InstanceArn=found.arn,
            PermissionSetArn=arn,
            TargetId=target,
            TargetType="AWS_ACCOUNT",
            PrincipalType="GROUP",
            PrincipalId=TEAM,
        )["AccountAssignmentCreationStatus"]["RequestId"]
        return world.call(
            request_status.describe_account_assignment_creation_status,
            OUTSIDER,
            InstanceArn=found.arn,
            AccountAssignmentCreationRequestId=made,
        )["AccountAssignmentCreationStatus"]["Status"]

    assert status(OUTSIDER) == "SUCCEEDED"
    assert status(MEMBER) == "FAILED"
