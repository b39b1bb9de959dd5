"""The organization's policies: created, described, updated, deleted."""

from dataclasses import replace as but

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    DAY,
    DENYING,
    FULL,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    RCP,
    RCP_FULL,
    ROOT,
    SCP,
    SECOND,
    TAG,
    TAGGING,
    Organized,
    arn,
    constraint,
    invalid,
    passed,
    refuses,
    tags,
)
from tests.services.support import NOW

from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.faults import Malformed
from daypass.core.organizations.policies.policy_types import POLICY_TYPES
from daypass.services.organizations.policies import policy_lifecycle

ONE = "p-one00000"
CANNOT_FIND = "We can't find a policy with the PolicyId that you specified."
TAKEN = "A policy with the same name and type already exists."
RESTRICTING = (
    '{"Version":"2012-10-17","Statement":'
    '[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}'
)
CONTENTS = {SCP: DENYING, RCP: RESTRICTING, TAG: TAGGING, "BACKUP_POLICY": "{}"}


@pytest.fixture
def known():
    return Organized(types=(SCP, TAG))


def write(known, *, name="one", kind=SCP, content=DENYING, description="", **more):
    return known.call(
        policy_lifecycle.create_policy,
        Name=name,
        Type=kind,
        Content=content,
        Description=description,
        **more,
    )["Policy"]


def update(known, **more):
    return known.call(policy_lifecycle.update_policy, PolicyId=ONE, **more)["Policy"]


def listed(known, kind, caller=None):
    return [
        each["Id"]
        for each in known.call(policy_lifecycle.list_policies, caller, Filter=kind)["Policies"]
    ]


def test_a_new_policy_is_shown_in_whole_and_hangs_nowhere(known) -> None:
    record = known.record
    content = DENYING.replace(":[", ": [  ")
    shown = write(
        known, name="No buckets", content=content, description="until May", Tags=passed(Team="a")
    )

    identifier = shown["PolicySummary"]["Id"]
    assert identifier.startswith("p-")
    assert shown == {
        "PolicySummary": {
            "Id": identifier,
            "Arn": arn("policy", "service_control_policy", identifier),
            "Name": "No buckets",
            "Description": "until May",
            "Type": SCP,
            "AwsManaged": False,
        },
        "Content": content,
    }
    made = OrganizationPolicy(
        account=ORGANIZATION,
        id=identifier,
        type=SCP,
        name="No buckets",
        content=content,
        serial=record.made + 1,
        updated=NOW,
        description="until May",
        tags=tags(Team="a"),
    )
    assert known.gone == {record}
    assert known.new == {made, replace(record, made=record.made + 1)}


@pytest.mark.parametrize("kind", CONTENTS)
def test_a_policy_may_be_written_before_its_type_is_enabled(known, kind) -> None:
    shown = write(known, kind=kind, content=CONTENTS[kind])

    assert shown["PolicySummary"]["Type"] == kind
    assert known.call(policy_lifecycle.describe_policy, PolicyId=shown["PolicySummary"]["Id"]) == {
        "Policy": shown
    }


def test_without_all_features_no_policy_is_written() -> None:
    with refuses(
        "PolicyTypeNotAvailableForOrganization",
        "Policies are available in an organization with all features.",
    ):
        write(Organized(features="CONSOLIDATED_BILLING"))


@pytest.mark.parametrize("kind", CONTENTS)
def test_a_text_is_as_long_as_its_type_lets_it_be(known, monkeypatch, kind) -> None:
    content = CONTENTS[kind]
    monkeypatch.setitem(POLICY_TYPES, kind, but(POLICY_TYPES[kind], length_max=len(content)))
    write(known, kind=kind, content=content)

    # White space counts.
    with constraint(
        "POLICY_CONTENT_LIMIT_EXCEEDED",
        f"The content of a policy of type {kind} has at most {len(content)} characters.",
    ):
        write(known, name="two", kind=kind, content=f"{content} ")


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (SCP, "{"),
        (
            SCP,
            '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}',
        ),
        (RCP, DENYING),
        (RCP, RESTRICTING.replace("Deny", "Allow")),
        (TAG, DENYING),
        (TAG, '{"tags":{"team":{"tag_key":{"@@assign":["a"]}}}}'),
        ("BACKUP_POLICY", "[]"),
        ("BACKUP_POLICY", '{"plans":{"@@unknown":1}}'),
    ],
)
def test_what_a_policy_of_the_type_may_not_say_is_malformed(known, kind, content) -> None:
    known.policy("one", type=kind, content=CONTENTS[kind])

    with pytest.raises(Malformed):
        write(known, name="two", kind=kind, content=content)
    with pytest.raises(Malformed):
        update(known, Content=content)


def test_a_name_is_taken_within_its_type_by_its_case_and_by_aws(known) -> None:
    known.policy("one")

    for name in ("one", "FullAWSAccess"):
        with refuses("DuplicatePolicy", TAKEN):
            write(known, name=name)
    write(known, name="One")
    write(known, name="one", kind=TAG, content=TAGGING)
    write(known, name="FullAWSAccess", kind=TAG, content=TAGGING)


def test_another_organization_takes_no_name(known) -> None:
    known.policy("one")
    other = known.root(known.elsewhere())

    assert known.call(
        policy_lifecycle.create_policy, other, Name="one", Type=SCP, Content=DENYING, Description=""
    )


def test_an_organization_has_so_many_policies_of_a_type(known, monkeypatch) -> None:
    monkeypatch.setitem(POLICY_TYPES, SCP, but(POLICY_TYPES[SCP], number_max=1))
    known.policy("tags", type=TAG)
    write(known)

    with constraint(
        "POLICY_NUMBER_LIMIT_EXCEEDED", f"An organization has at most 1 policies of type {SCP}."
    ):
        write(known, name="two")


def test_tags_that_cannot_be_refuse_a_policy(known) -> None:
    with invalid(
        "INVALID_SYSTEM_TAGS_PARAMETER", "You specified a tag key that begins with `aws:`."
    ):
        write(known, Tags=[{"Key": "aws:cost", "Value": ""}])


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (policy_lifecycle.describe_policy, "You specified a policy that doesn't exist."),
        (policy_lifecycle.update_policy, CANNOT_FIND),
        (policy_lifecycle.delete_policy, CANNOT_FIND),
    ],
)
def test_a_policy_that_is_not_of_the_organization_is_not_found(known, operation, words) -> None:
    known.policy("one")
    other = known.root(known.elsewhere())

    for caller, identifier in ((None, "p-missing000"), (other, ONE)):
        with refuses("PolicyNotFound", words):
            known.call(operation, caller, PolicyId=identifier)


def test_what_aws_owns_is_shown_and_never_changed(known) -> None:
    shown = known.call(policy_lifecycle.describe_policy, PolicyId=FULL)["Policy"]

    assert shown == {
        "PolicySummary": {
            "Id": FULL,
            "Arn": f"arn:aws:organizations::aws:policy/service_control_policy/{FULL}",
            "Name": "FullAWSAccess",
            "Description": "Allows access to every operation",
            "Type": SCP,
            "AwsManaged": True,
        },
        "Content": (
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
        ),
    }
    for operation in (policy_lifecycle.update_policy, policy_lifecycle.delete_policy):
        with invalid("IMMUTABLE_POLICY", "You can't change a policy that AWS manages."):
            known.call(operation, PolicyId=RCP_FULL)


OTHER = DENYING.replace("s3", "sqs")


@pytest.mark.parametrize(
    ("asked", "changed"),
    [
        ({}, {}),
        ({"Name": "two"}, {"name": "two"}),
        ({"Name": "ONE"}, {"name": "ONE"}),
        ({"Description": ""}, {"description": ""}),
        ({"Content": OTHER}, {"content": OTHER}),
        (
            {"Name": "two", "Description": "new", "Content": OTHER},
            {"name": "two", "description": "new", "content": OTHER},
        ),
    ],
)
def test_a_change_leaves_what_it_does_not_name_and_where_a_policy_hangs(
    known, asked, changed
) -> None:
    before = known.policy("one", description="old", tags=tags(Team="a"), on=[ROOT])
    shown = update(known, **asked)

    after = replace(before, updated=NOW, **changed)
    assert (known.gone, known.new) == ({before}, {after})
    assert (shown["Content"], shown["PolicySummary"]["Name"]) == (after.content, after.name)
    assert known.record.attached == (FULL, ONE)


def test_a_policy_keeps_its_own_name_and_gets_nobody_elses(known) -> None:
    known.policy("one")
    known.policy("two")
    known.policy("tags", type=TAG)

    assert update(known, Name="one")["PolicySummary"]["Name"] == "one"
    for taken in ("two", "FullAWSAccess"):
        with refuses("DuplicatePolicy", TAKEN):
            update(known, Name=taken)
    assert update(known, Name="tags")["PolicySummary"]["Name"] == "tags"


def test_a_new_text_is_what_stands_above_accounts_from_then_on(known) -> None:
    known.member(MEMBER)
    known.policy("one", on=[MEMBER])
    before = known.directory.control_policies_of(MEMBER).scps
    update(known, Content=OTHER)

    assert known.directory.control_policies_of(MEMBER).scps != before


def test_a_policy_that_hangs_nowhere_is_forgotten(known) -> None:
    policy = known.policy("one")
    known.policy("two")

    assert known.call(policy_lifecycle.delete_policy, PolicyId=ONE) == {}
    assert (known.gone, known.new) == ({policy}, set())


@pytest.mark.parametrize("place", [ROOT, "ou-a1b2-team0000", MANAGEMENT, MEMBER])
def test_a_policy_that_hangs_somewhere_is_not_forgotten(known, place) -> None:
    known.unit("team")
    known.member(MEMBER, closed=NOW - 90 * DAY + 1)
    known.policy("one", on=[place])

    with refuses("PolicyInUse", "The policy is attached to one or more entities; detach it first."):
        known.call(policy_lifecycle.delete_policy, PolicyId=ONE)


def test_an_account_that_was_closed_long_ago_holds_no_policy(known) -> None:
    known.member(MEMBER, closed=NOW - 90 * DAY)
    known.member(SECOND, closed=NOW - 90 * DAY)
    policy = known.policy("one", on=[MEMBER])
    member, account = (
        known.organization.of(Member).get(MEMBER),
        known.directory.account(MEMBER).record,
    )
    known.call(policy_lifecycle.delete_policy, PolicyId=ONE)

    assert known.gone == {policy, member, account}
    assert known.new == {replace(account, organization="")}


def test_policies_are_listed_by_type_awss_first_and_then_in_order_of_creation(known) -> None:
    for name in ("zeta", "alpha"):
        known.policy(name)
    known.policy("tags", type=TAG)
    other = known.root(known.elsewhere())

    assert listed(known, SCP) == [FULL, "p-zeta0000", "p-alpha000"]
    assert listed(known, RCP) == [RCP_FULL]
    assert listed(known, TAG) == ["p-tags0000"]
    assert listed(known, "BACKUP_POLICY") == []
    assert listed(known, SCP, other) == [FULL]


def test_a_policy_in_a_list_is_shown_without_its_text(known) -> None:
    known.policy("one", type=TAG, description="spelling")

    assert known.call(policy_lifecycle.list_policies, Filter=TAG) == {
        "Policies": [
            {
                "Id": ONE,
                "Arn": arn("policy", "tag_policy", ONE),
                "Name": "one",
                "Description": "spelling",
                "Type": TAG,
                "AwsManaged": False,
            }
        ]
    }
