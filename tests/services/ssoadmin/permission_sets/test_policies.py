"""The policies of a permission set: attached, written, bounded, each within its rules."""

import pytest
from tests.services.ssoadmin.assigned import READ_ONLY, READ_S3, Assigned
from tests.services.ssoadmin.centered import ARN
from tests.services.support import managed_policy

from daypass.core import quotas
from daypass.core.domain.partition import AWS
from daypass.core.faults import AlreadyExists, InvalidParameterValue, Malformed, NotFound, TooMany
from daypass.services.ssoadmin.permission_sets import (
    boundary,
    customer_policies,
    inline_policy,
    managed_policies,
)

ATTACH = managed_policies.attach_managed_policy_to_permission_set
DETACH = managed_policies.detach_managed_policy_from_permission_set
LIST = managed_policies.list_managed_policies_in_permission_set
REFER = customer_policies.attach_customer_managed_policy_reference_to_permission_set
UNREFER = customer_policies.detach_customer_managed_policy_reference_from_permission_set
LIST_REFERENCES = customer_policies.list_customer_managed_policy_references_in_permission_set
PUT_INLINE = inline_policy.put_inline_policy_to_permission_set
GET_INLINE = inline_policy.get_inline_policy_for_permission_set
PUT_BOUNDARY = boundary.put_permissions_boundary_to_permission_set
GET_BOUNDARY = boundary.get_permissions_boundary_for_permission_set
ABSENT = "arn:aws:iam::aws:policy/Absent"
SERVICE = "arn:aws:iam::aws:policy/aws-service-role/AWSSSOServiceRolePolicy"


@pytest.fixture
def world():
    return Assigned()


@pytest.fixture
def arn(world):
    return world.new_set()


def test_policies_of_aws_are_listed_in_order_of_attachment(world, arn) -> None:
    team = "arn:aws:iam::aws:policy/job-function/Team"
    world.put(_aws_policy(team))
    for each in (team, READ_ONLY):
        world.on_set(ATTACH, arn, ManagedPolicyArn=each)

    listed = world.on_set(LIST, arn)["AttachedManagedPolicies"]

    assert listed == [
        {"Name": "Team", "Arn": team},
        {"Name": "ReadOnlyAccess", "Arn": READ_ONLY},
    ]


def _aws_policy(arn):
    path, _, name = arn.removeprefix("arn:aws:iam::aws:policy").rpartition("/")
    return managed_policy(name, account=AWS, path=f"{path}/")


@pytest.mark.parametrize(
    ("policy", "fault", "words"),
    [
        (ABSENT, NotFound, f"Policy does not exist with ARN: {ABSENT}"),
        (
            SERVICE,
            InvalidParameterValue,
            f"The policy {SERVICE} is only for roles of AWS services.",
        ),
    ],
    ids=["absent", "of service roles"],
)
def test_a_policy_of_aws_must_exist_and_be_for_everybody(world, arn, policy, fault, words) -> None:
    world.put(_aws_policy(SERVICE))

    for call in (
        lambda: world.on_set(ATTACH, arn, ManagedPolicyArn=policy),
        lambda: world.on_set(PUT_BOUNDARY, arn, PermissionsBoundary={"ManagedPolicyArn": policy}),
    ):
        with pytest.raises(fault) as refused:
            call()
        assert refused.value.message == words


def test_a_policy_is_attached_once_and_detached_once(world, arn) -> None:
    world.on_set(ATTACH, arn, ManagedPolicyArn=READ_ONLY)

    with pytest.raises(AlreadyExists):
        world.on_set(ATTACH, arn, ManagedPolicyArn=READ_ONLY)
    world.on_set(DETACH, arn, ManagedPolicyArn=READ_ONLY)
    with pytest.raises(NotFound):
        world.on_set(DETACH, arn, ManagedPolicyArn=READ_ONLY)

    assert world.on_set(LIST, arn)["AttachedManagedPolicies"] == []


def test_a_reference_is_a_name_and_a_path(world, arn) -> None:
    references = [{"Name": "own"}, {"Name": "own", "Path": "/team/"}]
    for each in references:
        world.on_set(REFER, arn, CustomerManagedPolicyReference=each)
    with pytest.raises(AlreadyExists):
        world.on_set(REFER, arn, CustomerManagedPolicyReference={"Name": "own", "Path": "/"})

    listed = world.on_set(LIST_REFERENCES, arn)["CustomerManagedPolicyReferences"]
    world.on_set(UNREFER, arn, CustomerManagedPolicyReference={"Name": "own"})
    with pytest.raises(NotFound):
        world.on_set(UNREFER, arn, CustomerManagedPolicyReference={"Name": "own"})

    assert listed == [{"Name": "own", "Path": "/"}, {"Name": "own", "Path": "/team/"}]
    rest = world.on_set(LIST_REFERENCES, arn)["CustomerManagedPolicyReferences"]
    assert rest == [{"Name": "own", "Path": "/team/"}]


def test_a_set_has_twenty_policies_of_both_kinds_together(world, arn) -> None:
    world.on_set(ATTACH, arn, ManagedPolicyArn=READ_ONLY)
    for number in range(quotas.PERMISSION_SET_POLICIES_MAX - 1):
        world.on_set(REFER, arn, CustomerManagedPolicyReference={"Name": f"p{number}"})

    with pytest.raises(TooMany):
        world.on_set(REFER, arn, CustomerManagedPolicyReference={"Name": "more"})
    with pytest.raises(TooMany):
        world.on_set(ATTACH, arn, ManagedPolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")


def _policy_of(characters):
    """Return a policy with that many characters, white space not counted."""
    return READ_S3.replace("s3:Get*", "s3:Get" + "*" * (characters - len(READ_S3) + 1))


def test_an_inline_policy_is_returned_as_it_was_sent(world, arn) -> None:
    before = world.on_set(GET_INLINE, arn)["InlinePolicy"]
    text = READ_S3.replace(",", ",\n   ")

    world.on_set(PUT_INLINE, arn, InlinePolicy=text)

    assert before == ""
    assert world.on_set(GET_INLINE, arn)["InlinePolicy"] == text
    world.on_set(inline_policy.delete_inline_policy_from_permission_set, arn)
    assert world.on_set(GET_INLINE, arn)["InlinePolicy"] == ""


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ("{", Malformed),
        ('{"Version":"2012-10-17"}', Malformed),
        (READ_S3.replace("Allow", "Maybe"), Malformed),
        (READ_S3.replace('"Effect"', '"Principal":"*","Effect"'), Malformed),
        (_policy_of(quotas.PERMISSION_SET_INLINE_CHARACTERS_MAX + 1), TooMany),
    ],
    ids=["no JSON", "no statement", "no effect", "a principal", "too long for a role"],
)
def test_an_inline_policy_is_checked_as_a_role_s(world, arn, document, fault) -> None:
    with pytest.raises(fault):
        world.on_set(PUT_INLINE, arn, InlinePolicy=document)

    assert world.on_set(GET_INLINE, arn)["InlinePolicy"] == ""


def test_white_space_does_not_count_for_the_length_of_an_inline_policy(world, arn) -> None:
    text = _policy_of(quotas.PERMISSION_SET_INLINE_CHARACTERS_MAX) + " " * 20_000

    world.on_set(PUT_INLINE, arn, InlinePolicy=text)

    assert world.on_set(GET_INLINE, arn)["InlinePolicy"] == text


@pytest.mark.parametrize(
    "sent",
    [{}, {"ManagedPolicyArn": READ_ONLY, "CustomerManagedPolicyReference": {"Name": "own"}}],
    ids=["neither", "both"],
)
def test_a_boundary_is_one_policy(world, arn, sent) -> None:
    with pytest.raises(InvalidParameterValue):
        world.on_set(PUT_BOUNDARY, arn, PermissionsBoundary=sent)


@pytest.mark.parametrize(
    "sent",
    [
        {"ManagedPolicyArn": READ_ONLY},
        {"CustomerManagedPolicyReference": {"Name": "own", "Path": "/team/"}},
    ],
    ids=["of AWS", "of the account"],
)
def test_a_boundary_is_returned_as_it_was_sent_and_replaces_the_one_before(
    world, arn, sent
) -> None:
    world.on_set(
        PUT_BOUNDARY, arn, PermissionsBoundary={"CustomerManagedPolicyReference": {"Name": "x"}}
    )

    world.on_set(PUT_BOUNDARY, arn, PermissionsBoundary=sent)

    assert world.on_set(GET_BOUNDARY, arn)["PermissionsBoundary"] == sent


def test_a_set_without_a_boundary_is_refused_as_not_found(world, arn) -> None:
    with pytest.raises(NotFound):
        world.on_set(GET_BOUNDARY, arn)

    world.on_set(PUT_BOUNDARY, arn, PermissionsBoundary={"ManagedPolicyArn": READ_ONLY})
    world.on_set(boundary.delete_permissions_boundary_from_permission_set, arn)

    with pytest.raises(NotFound):
        world.on_set(GET_BOUNDARY, arn)


@pytest.mark.parametrize("read", [LIST, LIST_REFERENCES, GET_INLINE, GET_BOUNDARY])
def test_the_policies_of_another_instance_s_set_are_not_found(world, read) -> None:
    """T237: the ARN of a set names its instance, which is another than `InstanceArn`."""
    theirs = world.permission_set(of=world.account_instance(has_permission_sets=True).account)

    with pytest.raises(NotFound):
        world.call(read, InstanceArn=ARN, PermissionSetArn=theirs.arn)
