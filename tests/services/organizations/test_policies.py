"""Policies on the wire: created, stored as sent, updated, deleted, and their quotas."""

import json

import pytest
from botocore.session import Session
from tests.documents import deny, policy
from tests.services.organizations.conftest import (
    ALL,
    FULL,
    HARMLESS,
    RCP,
    RCP_FULL,
    SCP,
    TAG,
    cases,
    fresh,
    refused,
    tag_policy,
)

from daypass.core.domain.organizations.organization_policy import OrganizationPolicy

MODEL = Session().get_service_model("organizations")
TYPES = MODEL.shape_for("PolicyType").enum
LONGEST = {SCP: 10_240, RCP: 5_120, "AISERVICES_OPT_OUT_POLICY": 2_500}
MALFORMED = cases("malformed")


def content(kind, length=None):
    """Return a valid document of a policy type, of a given length."""
    text = {
        SCP: HARMLESS,
        RCP: policy(deny("s3:DeleteBucketPolicy", Principal="*")),
    }.get(kind, tag_policy())
    return text if length is None else text + " " * (length - len(text))


def made(org, kind=SCP, **more):
    params = {"Content": content(kind), "Description": "", "Name": fresh(), "Type": kind, **more}
    return org.o.create_policy(**params)["Policy"]


def test_a_policy_is_written_shown_changed_and_forgotten(org) -> None:
    written = made(org, Name="Fence", Description="keeps in")
    summary = written["PolicySummary"]
    policy_id = summary["Id"]

    assert summary == {
        "Id": policy_id,
        "Arn": f"{org.prefix}:policy/{org.id}/service_control_policy/{policy_id}",
        "Name": "Fence",
        "Description": "keeps in",
        "Type": SCP,
        "AwsManaged": False,
    }
    assert org.o.describe_policy(PolicyId=policy_id)["Policy"] == written
    assert summary in org.o.list_policies(Filter=SCP)["Policies"]
    changed = org.o.update_policy(
        PolicyId=policy_id, Name="Wall", Description="", Content=policy(ALL)
    )["Policy"]
    assert changed == {
        "PolicySummary": {**summary, "Name": "Wall", "Description": ""},
        "Content": policy(ALL),
    }
    assert org.o.update_policy(PolicyId=policy_id)["Policy"] == changed
    org.o.delete_policy(PolicyId=policy_id)
    refused("PolicyNotFound", org.o.describe_policy, PolicyId=policy_id)
    for call in (org.o.update_policy, org.o.delete_policy, org.o.list_targets_for_policy):
        refused("PolicyNotFound", call, PolicyId=policy_id)


def test_a_text_comes_back_as_it_was_sent(org) -> None:
    text = (
        '{\n\t"Version": "2012-10-17", "Statement" : '
        '[{"Effect":"Deny","Sid":"a","Action":"ram:*","Resource":"*"}] }\n'
    )
    policy_id = made(org, Content=text)["PolicySummary"]["Id"]

    assert org.o.describe_policy(PolicyId=policy_id)["Policy"]["Content"] == text


@pytest.mark.parametrize("kind", TYPES)
def test_a_policy_of_every_type_is_as_long_as_its_type_allows(shared, kind) -> None:
    longest = LONGEST.get(kind, 10_000)
    first = made(shared, kind, Content=content(kind, longest))
    policy_id = first["PolicySummary"]["Id"]

    assert first["PolicySummary"]["Arn"].endswith(f":policy/{shared.id}/{kind.lower()}/{policy_id}")
    over = content(kind, longest + 1)
    why = "POLICY_CONTENT_LIMIT_EXCEEDED"
    refused(
        "ConstraintViolation",
        shared.o.create_policy,
        why,
        Content=over,
        Description="",
        Name=fresh(),
        Type=kind,
    )
    refused("ConstraintViolation", shared.o.update_policy, why, PolicyId=policy_id, Content=over)
    assert len(shared.o.describe_policy(PolicyId=policy_id)["Policy"]["Content"]) == longest


@pytest.mark.parametrize(("kind", "longest"), [(SCP, 10_240), (RCP, 5_120), (TAG, 10_000)])
def test_a_length_counts_characters_and_not_bytes(shared, kind, longest) -> None:
    text = content(kind, longest)
    if kind == TAG:
        text = tag_policy(tag_value={"@@assign": ["ü" * 3_000]})
        text = text.replace("\\u00fc", "ü")
    else:
        more = {"Principal": "*"} if kind == RCP else {}
        text = policy(deny("s3:*", "arn:aws:s3:::x/" + "ü" * 2_000, **more)).replace("\\u00fc", "ü")
    text += " " * (longest - len(text))

    policy_id = made(shared, kind, Content=text)["PolicySummary"]["Id"]
    assert shared.o.describe_policy(PolicyId=policy_id)["Policy"]["Content"] == text


def test_a_name_is_one_policys_of_its_type(org) -> None:
    first = made(org, Name="Fence")["PolicySummary"]
    made(org, TAG, Name="Fence")
    made(org, Name="fence")
    other = made(org)["PolicySummary"]

    refused(
        "DuplicatePolicy",
        org.o.create_policy,
        Content=HARMLESS,
        Description="",
        Name="Fence",
        Type=SCP,
    )
    refused(
        "DuplicatePolicy",
        org.o.create_policy,
        Content=HARMLESS,
        Description="",
        Name="FullAWSAccess",
        Type=SCP,
    )
    refused("DuplicatePolicy", org.o.update_policy, PolicyId=other["Id"], Name="Fence")
    org.o.update_policy(PolicyId=first["Id"], Name="Fence")


@pytest.mark.parametrize(("kind", "most"), [(SCP, 10_000), (RCP, 1_000), (TAG, 1_000)])
def test_there_are_so_many_policies_of_a_type_and_no_more(org, kind, most) -> None:
    first = made(org, kind)["PolicySummary"]["Id"]
    record = org.view().of(OrganizationPolicy).get(first)
    fields = {name: getattr(record, name) for name in ("account", "type", "content", "updated")}
    many = (
        type(record)(id=f"p-{at:010}", name=f"n{at}", serial=100 + at, **fields)
        for at in range(most - 2)
    )
    org.put(*many)

    made(org, kind)
    refused(
        "ConstraintViolation",
        org.o.create_policy,
        "POLICY_NUMBER_LIMIT_EXCEEDED",
        Content=content(kind),
        Description="",
        Name=fresh(),
        Type=kind,
    )


@pytest.mark.parametrize(
    ("policy_id", "kind", "name"),
    [(FULL, SCP, "FullAWSAccess"), (RCP_FULL, RCP, "RCPFullAWSAccess")],
)
def test_the_policy_that_aws_manages_is_listed_and_never_changed(
    shared, policy_id, kind, name
) -> None:
    shown = shared.o.describe_policy(PolicyId=policy_id)["Policy"]

    assert shown["PolicySummary"] == {
        "Id": policy_id,
        "Arn": f"arn:aws:organizations::aws:policy/{kind.lower()}/{policy_id}",
        "Name": name,
        "Description": "Allows access to every operation",
        "Type": kind,
        "AwsManaged": True,
    }
    (statement,) = json.loads(shown["Content"])["Statement"]
    assert statement == (ALL if kind == SCP else {**ALL, "Principal": "*"})
    assert shown["PolicySummary"] in shared.o.list_policies(Filter=kind)["Policies"]
    immutable = "IMMUTABLE_POLICY"
    refused("InvalidInput", shared.o.update_policy, immutable, PolicyId=policy_id, Description="d")
    refused("InvalidInput", shared.o.delete_policy, immutable, PolicyId=policy_id)
    refused(
        "InvalidInput",
        shared.o.tag_resource,
        immutable,
        ResourceId=policy_id,
        Tags=[{"Key": "a", "Value": "b"}],
    )
    assert shared.o.list_tags_for_resource(ResourceId=policy_id)["Tags"] == []


@pytest.mark.parametrize("case", MALFORMED, ids=[case["case"] for case in MALFORMED])
def test_a_document_that_cannot_be_meant_is_refused_when_it_is_written_and_changed(
    shared, case
) -> None:
    kind = case["type"]
    text = case["text"] if "text" in case else json.dumps(case["document"])
    known = made(shared, kind)["PolicySummary"]["Id"]

    refused(
        "MalformedPolicyDocument",
        shared.o.create_policy,
        Content=text,
        Description="",
        Name=fresh(),
        Type=kind,
    )
    refused("MalformedPolicyDocument", shared.o.update_policy, PolicyId=known, Content=text)
    assert shared.o.describe_policy(PolicyId=known)["Policy"]["Content"] == content(kind)


def test_a_policy_that_hangs_somewhere_stays(org) -> None:
    policy_id, unit = made(org)["PolicySummary"]["Id"], org.unit()
    org.o.attach_policy(PolicyId=policy_id, TargetId=unit)

    refused("PolicyInUse", org.o.delete_policy, PolicyId=policy_id)
    org.o.detach_policy(PolicyId=policy_id, TargetId=unit)
    org.o.delete_policy(PolicyId=policy_id)


def test_policies_are_listed_by_type_awss_own_first(org) -> None:
    first, second, tag = (made(org, kind)["PolicySummary"] for kind in (SCP, SCP, TAG))

    aws, *own = org.o.list_policies(Filter=SCP)["Policies"]
    assert (aws["Id"], own) == (FULL, [first, second])
    assert org.o.list_policies(Filter=TAG)["Policies"] == [tag]
    assert [each["Id"] for each in org.o.list_policies(Filter=RCP)["Policies"]] == [RCP_FULL]


@pytest.mark.parametrize(
    ("call", "params", "reason"),
    [
        ("describe_policy", {"PolicyId": "p-short"}, "INVALID_SYNTAX_POLICY_ID"),
        ("describe_policy", {"PolicyId": "p-12345678 "}, "INVALID_SYNTAX_POLICY_ID"),
        ("describe_policy", {"PolicyId": f"p-{'a' * 129}"}, "MAX_LENGTH_EXCEEDED"),
        ("describe_policy", {}, "INPUT_REQUIRED"),
        ("list_policies", {"Filter": "SCP"}, "INVALID_ENUM_POLICY_TYPE"),
        ("list_policies", {}, "INPUT_REQUIRED"),
        ("create_policy", {"Type": "SCP"}, "INVALID_ENUM_POLICY_TYPE"),
        ("create_policy", {"Name": ""}, "MIN_LENGTH_EXCEEDED"),
        ("create_policy", {"Name": "n" * 129}, "MAX_LENGTH_EXCEEDED"),
        ("create_policy", {"Content": ""}, "MIN_LENGTH_EXCEEDED"),
        ("create_policy", {"Description": "d" * 513}, "MAX_LENGTH_EXCEEDED"),
        ("create_policy", {"Description": None}, "INPUT_REQUIRED"),
        (
            "create_policy",
            {"Tags": [{"Key": "aws:a", "Value": ""}]},
            "INVALID_SYSTEM_TAGS_PARAMETER",
        ),
        ("create_policy", {"Tags": [{"Key": "a", "Value": ""}] * 2}, "DUPLICATE_TAG_KEY"),
    ],
)
def test_what_breaks_the_model_is_refused_with_a_reason(shared, call, params, reason) -> None:
    if call == "create_policy":
        params = {"Content": HARMLESS, "Description": "", "Name": fresh(), "Type": SCP, **params}
    params = {name: value for name, value in params.items() if value is not None}

    refused("InvalidInput", getattr(shared.unchecked, call), reason, **params)


def test_a_text_at_every_bound_is_kept(shared) -> None:
    summary = made(shared, Name=fresh() + "ü" * 100, Description="d" * 512)["PolicySummary"]

    assert len(summary["Description"]) == 512
