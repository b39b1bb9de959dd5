"""Permission sets and assignments by many calls: in pages, and by several clients at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from tests.services.ssoadmin.assigned import a_group, a_person
from tests.services.ssoadmin.conftest import founded

POLICIES = [f"arn:aws:iam::aws:policy/{name}" for name in ("ReadOnlyAccess", "AdministratorAccess")]
PEOPLE = [f"a0000000-0000-4000-8000-{number:012}" for number in range(7)]
GROUP = "b0000000-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def assigned(first):
    """An organization in which seven people and a group have a set in an account."""
    center = founded(first)
    store = center.sso.list_instances()["Instances"][0]["IdentityStoreId"]
    center.put(*(a_person(each, account=store) for each in PEOPLE), a_group(GROUP, account=store))
    center.member = center.account()
    center.sets = [
        center.sso.create_permission_set(InstanceArn=center.instance, Name=f"set{number}")[
            "PermissionSet"
        ]["PermissionSetArn"]
        for number in range(5)
    ]
    center.asked = [
        center.sso.create_account_assignment(
            InstanceArn=center.instance,
            PermissionSetArn=center.sets[0],
            TargetId=center.member,
            TargetType="AWS_ACCOUNT",
            PrincipalType=kind,
            PrincipalId=principal,
        )["AccountAssignmentCreationStatus"]["RequestId"]
        for principal, kind in [*((each, "USER") for each in PEOPLE), (GROUP, "GROUP")]
    ]
    return center


def _lists(center):
    """Return each list: operation, result key, parameters, and its entries as texts."""
    return {
        "list_permission_sets": ("PermissionSets", {}, sorted(center.sets)),
        "list_account_assignments": (
            "AccountAssignments",
            {"AccountId": center.member, "PermissionSetArn": center.sets[0]},
            sorted([*PEOPLE, GROUP]),
        ),
        "list_account_assignment_creation_status": (
            "AccountAssignmentsCreationStatus",
            {},
            sorted(center.asked),
        ),
    }


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize(
    "call",
    [
        "list_permission_sets",
        "list_account_assignments",
        "list_account_assignment_creation_status",
    ],
)
def test_every_entry_is_on_one_page(assigned, call, size) -> None:
    key, params, expected = _lists(assigned)[call]
    pages = assigned.sso.get_paginator(call).paginate(
        InstanceArn=assigned.instance, **params, PaginationConfig={"PageSize": size}
    )

    found = [one[key] for one in pages]

    entries = [
        each if isinstance(each, str) else each.get("PrincipalId") or each["RequestId"]
        for one in found
        for each in one
    ]
    assert sorted(entries) == expected
    assert all(len(one) <= size for one in found)


def test_t236_priv_a_page_token_of_one_set_s_assignments_is_refused_for_another(assigned) -> None:
    params = {"InstanceArn": assigned.instance, "AccountId": assigned.member}
    one = assigned.sso.list_account_assignments(
        **params, PermissionSetArn=assigned.sets[0], MaxResults=2
    )["NextToken"]

    with pytest.raises(ClientError) as refused:
        assigned.sso.list_account_assignments(
            **params, PermissionSetArn=assigned.sets[1], NextToken=one
        )

    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_an_assignment_made_between_two_pages_shifts_none_of_the_others(assigned) -> None:
    call = assigned.sso.list_account_assignments
    params = {
        "InstanceArn": assigned.instance,
        "AccountId": assigned.member,
        "PermissionSetArn": assigned.sets[0],
        "MaxResults": 4,
    }
    one = call(**params)
    gone = one["AccountAssignments"][0]["PrincipalId"]
    assigned.sso.delete_account_assignment(
        InstanceArn=assigned.instance,
        PermissionSetArn=assigned.sets[0],
        TargetId=assigned.member,
        TargetType="AWS_ACCOUNT",
        PrincipalType="USER",
        PrincipalId=gone,
    )
    two = call(**params, NextToken=one["NextToken"])
    assigned.sso.create_account_assignment(
        InstanceArn=assigned.instance,
        PermissionSetArn=assigned.sets[0],
        TargetId=assigned.member,
        TargetType="AWS_ACCOUNT",
        PrincipalType="USER",
        PrincipalId=gone,
    )

    found = [
        each["PrincipalId"] for each in (*one["AccountAssignments"], *two["AccountAssignments"])
    ]
    assert found == sorted([*PEOPLE, GROUP])


def test_edits_of_one_set_by_several_clients_at_once_are_all_there(assigned) -> None:
    arn = assigned.sets[-1]
    named = {"InstanceArn": assigned.instance, "PermissionSetArn": arn}
    sso = assigned.sso
    calls = [
        lambda each=each: sso.attach_managed_policy_to_permission_set(
            **named, ManagedPolicyArn=each
        )
        for each in POLICIES
    ] + [
        lambda name=name: sso.attach_customer_managed_policy_reference_to_permission_set(
            **named, CustomerManagedPolicyReference={"Name": name}
        )
        for name in (f"p{number}" for number in range(8))
    ]

    with ThreadPoolExecutor(len(calls)) as pool:
        for done in [pool.submit(call) for call in calls]:
            done.result()

    managed = sso.list_managed_policies_in_permission_set(**named)["AttachedManagedPolicies"]
    own = sso.list_customer_managed_policy_references_in_permission_set(**named)
    assert sorted(each["Arn"] for each in managed) == sorted(POLICIES)
    assert sorted(each["Name"] for each in own["CustomerManagedPolicyReferences"]) == [
        f"p{number}" for number in range(8)
    ]
