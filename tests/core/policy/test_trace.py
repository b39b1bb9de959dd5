"""An explanation as data: what decided, and what stopped each other statement."""

import json

import pytest
from tests.documents import allow, document

from daypass.core.policy.decision.model import Decision, DecisionOutcome, Layer
from daypass.core.policy.explanation.explain import explain
from daypass.core.policy.explanation.question_files import question_from_data, with_policy_names
from daypass.core.policy.explanation.trace import because, is_near_miss, missing_keys

A, B = "111122223333", "444455556666"
ALICE = f"arn:aws:iam::{A}:user/alice"
BUCKET = "arn:aws:s3:::b"


def granting(action="s3:GetObject", resource=BUCKET, **more):
    """Return a statement that allows what is asked."""
    return allow(action, resource, **more)


def denying(**more):
    """Return a statement that denies what is asked."""
    return {**granting(**more), "Effect": "Deny"}


def to(principal, **more):
    return {**granting("s3:*", "*", **more), "Principal": principal}


def explained(context=None, *, on=BUCKET, owner=A, principal=None, **policies):
    asked = question_from_data(
        {
            "v": 1,
            "request": {
                "principal": principal or {"kind": "user", "arn": ALICE, "account": A},
                "action": "s3:GetObject",
                "resource": on,
                "resource_account": owner,
                "context": context or {},
            },
            "policies": policies,
        }
    )
    return explain(asked.request, asked.policies)


def reasons(context=None, **more):
    return because(explained(context, **more))


def test_an_allow_is_explained_with_the_entries_that_matched() -> None:
    statement = granting(
        ["s3:Put*", "S3:get*", "s3:*"],
        ["arn:aws:s3:::c", "arn:aws:s3:::${k}", "*"],
        Sid="Read",
        Condition={"StringLike": {"k": ["x", "${k}*"]}},
    )
    found = reasons({"k": "b"}, identity=[document(granting("ec2:*"), statement)])

    assert found["layer"] == "identity-based policy"
    assert (found["policy"], found["statement"], found["sid"]) == (
        "policies.identity[0]",
        1,
        "Read",
    )
    assert found["accounts"] == "same"
    assert "refused_by" not in found
    assert "grant" not in found
    assert "skipped" not in found
    assert found["missing_keys"] == []
    assert found["statements"] == [
        {
            "layer": "identity-based policy",
            "policy": "policies.identity[0]",
            "statement": 0,
            "effect": "Allow",
            "applies": False,
            "stopped_by": "Action",
            "wanted": {"Action": ["ec2:*"]},
            "found": "s3:GetObject",
        },
        {
            "layer": "identity-based policy",
            "policy": "policies.identity[0]",
            "statement": 1,
            "sid": "Read",
            "effect": "Allow",
            "applies": True,
            "action": "S3:get*",
            "resource": "arn:aws:s3:::b",
            "conditions": [
                {
                    "operator": "StringLike",
                    "key": "k",
                    "wanted": ["x", "b*"],
                    "found": "b",
                    "holds": True,
                }
            ],
        },
    ]


STOPPED = [
    (
        {"Effect": "Allow", "NotAction": ["s3:*"], "Resource": "*"},
        "Action",
        {"NotAction": ["s3:*"]},
        "s3:GetObject",
    ),
    (
        granting(resource=["arn:aws:s3:::${k}", "arn:aws:s3:::${none}"]),
        "Resource",
        {"Resource": ["arn:aws:s3:::v", "arn:aws:s3:::${none}"]},
        BUCKET,
    ),
    (
        {"Effect": "Allow", "Action": "*", "NotResource": BUCKET},
        "Resource",
        {"NotResource": [BUCKET]},
        BUCKET,
    ),
]


@pytest.mark.parametrize(("statement", "element", "wanted", "found"), STOPPED)
def test_the_element_that_stopped_a_statement_is_explained_with_both_sides(
    statement, element, wanted, found
) -> None:
    (each,) = reasons({"k": "v"}, identity=[document(statement)])["statements"]

    assert each["applies"] is False
    assert each["stopped_by"] == element
    assert each["wanted"] == wanted
    assert each["found"] == found


def test_a_statement_with_an_element_too_many_is_stopped_by_its_grammar() -> None:
    (each,) = reasons(identity=[document({**granting(), "Principal": "*"})])["statements"]

    assert each["stopped_by"] == "Grammar"
    assert "wanted" not in each


def test_a_condition_that_stopped_is_explained_with_the_values_of_the_request() -> None:
    block = {
        "StringEquals": {"one": "a", "Two": ["b"], "many": "x"},
        "NumericEquals": {"n": "${k}"},
    }
    found = reasons(
        {"one": "z", "many": ["x", "y"]}, identity=[document(granting(Condition=block))]
    )

    assert found["statements"][0]["conditions"] == [
        {"operator": "StringEquals", "key": "one", "wanted": ["a"], "found": "z", "holds": False},
        {"operator": "StringEquals", "key": "Two", "wanted": ["b"], "found": None, "holds": False},
        {
            "operator": "StringEquals",
            "key": "many",
            "wanted": ["x"],
            "found": ["x", "y"],
            "holds": False,
        },
        {
            "operator": "NumericEquals",
            "key": "n",
            "wanted": ["${k}"],
            "found": None,
            "unreadable": ["${k}"],
            "holds": False,
        },
    ]
    assert found["missing_keys"] == ["Two", "n"]


def test_missing_keys_are_those_of_statements_that_cover_the_request() -> None:
    found = explained(
        identity=[
            document(
                granting(Condition={"StringEquals": {"wanted": "a"}, "Null": {"asked": "false"}}),
                granting("ec2:*", Condition={"StringEquals": {"other": "a"}}),
                granting(resource="arn:aws:s3:::c", Condition={"StringEquals": {"elsewhere": "a"}}),
                granting(Condition={"StringNotEquals": {"negated": "a"}}),
            )
        ]
    )

    assert list(missing_keys(found)) == ["wanted", "negated"]


def test_an_unmatched_principal_element_is_explained_with_the_caller() -> None:
    found = reasons(resource=document(to({"AWS": B, "Service": "ec2.amazonaws.com"})))

    assert found["statements"][0]["wanted"] == {
        "Principal": [f"AWS: {B}", "Service: ec2.amazonaws.com"]
    }
    assert found["statements"][0]["found"] == [ALICE, A]
    assert found["refused_by"] == ["identity-based policy"]


def test_a_caller_is_shown_with_all_its_identities() -> None:
    role = f"arn:aws:iam::{A}:role/x/r"
    session = {
        "kind": "role-session",
        "arn": f"arn:aws:sts::{A}:assumed-role/r/s",
        "account": A,
        "role_arn": role,
    }
    statement = {
        "Effect": "Deny",
        "NotPrincipal": {"AWS": [session["arn"], role, A]},
        "Action": "*",
        "Resource": "*",
    }
    (each,) = reasons(principal=session, resource=document(statement))["statements"]

    assert each["found"] == [session["arn"], role, A]
    assert each["wanted"] == {
        "NotPrincipal": [f"AWS: {session['arn']}", f"AWS: {role}", f"AWS: {A}"]
    }


def test_a_grant_lists_the_policies_that_it_skips() -> None:
    direct = reasons(
        boundary=[document()], session=[document()], resource=document(to({"AWS": ALICE}))
    )
    assert direct["layer"] == "resource-based policy"
    assert direct["grant"] == "direct"
    assert (direct["policy"], direct["statement"]) == ("policies.resource", 0)
    why = "the resource's policy names the caller itself"
    assert direct["skipped"] == [
        {"layer": layer, "why": why}
        for layer in ("identity-based policy", "permissions boundary", "session policy")
    ]
    assert direct["statements"][0]["grant"] == "direct"

    role = f"arn:aws:iam::{A}:role/r"
    session = {
        "kind": "role-session",
        "arn": f"arn:aws:sts::{A}:assumed-role/r/s",
        "account": A,
        "role_arn": role,
    }
    entity = reasons(principal=session, resource=document(to({"AWS": role})))
    assert entity["grant"] == "entity"
    assert entity["skipped"] == [
        {
            "layer": "identity-based policy",
            "why": "the resource's policy names the role or user behind the caller",
        }
    ]

    cross = reasons(owner=B, identity=[document(granting())], resource=document(to({"AWS": ALICE})))
    assert cross["accounts"] == "cross"
    assert "skipped" not in cross


def test_ceilings_that_do_not_apply_to_a_caller_are_listed() -> None:
    service = {"kind": "service", "arn": "ec2.amazonaws.com"}
    found = reasons(
        principal=service, resource=document(to("*")), scp=[[document(denying())]], rcp=[[]]
    )
    assert found["skipped"] == [
        {"layer": "service control policy", "why": "the caller is a principal of no account"}
    ]
    assert "accounts" not in found

    role = f"arn:aws:iam::{A}:role/aws-service-role/x.amazonaws.com/R"
    linked = {
        "kind": "role-session",
        "arn": f"arn:aws:sts::{A}:assumed-role/R/s",
        "account": A,
        "role_arn": role,
    }
    found = reasons(principal=linked, identity=[document(granting())], scp=[[]], rcp=[[]])
    assert [each["layer"] for each in found["skipped"]] == [
        "service control policy",
        "resource control policy",
    ]
    assert {each["why"] for each in found["skipped"]} == {"the role belongs to a service"}


def test_every_kind_that_refuses_is_listed_and_levels_are_counted() -> None:
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    found = reasons(
        identity=[document(denying())],
        session=[document(denying())],
        scp=[[everything], [document(denying()), everything]],
    )
    assert found["refused_by"] == [
        "service control policy",
        "identity-based policy",
        "session policy",
    ]
    assert [each["level"] for each in found["statements"] if "level" in each] == [0, 1, 1]

    found = reasons(boundary=[document()], scp=[[everything], [], []])
    assert found["refused_by"] == [
        "service control policy",
        "identity-based policy",
        "permissions boundary",
    ]


def test_lines_are_included_if_there_is_a_text() -> None:
    text = json.dumps(document(granting("ec2:*"), granting(Sid="x")), indent=1)
    found = reasons(identity=[text])

    assert found["lines"] == [9, 14]
    assert [each["lines"] for each in found["statements"]] == [[4, 8], [9, 14]]


def test_policies_are_shown_by_the_names_given_to_them() -> None:
    everything = [document(granting())]
    asked = question_from_data(
        {
            "v": 1,
            "request": {
                "principal": {"kind": "user", "arn": ALICE, "account": A},
                "action": "s3:GetObject",
                "resource": BUCKET,
                "resource_account": A,
            },
            "policies": {
                "identity": everything,
                "boundary": everything,
                "session": everything,
                "resource": everything[0],
                "scp": [everything],
                "rcp": [everything],
                "vpce": everything,
            },
        }
    )
    names = {
        f"policies.{place}": place
        for place in (
            "identity[0]",
            "boundary[0]",
            "session[0]",
            "resource",
            "scp[0][0]",
            "rcp[0][0]",
            "vpce[0]",
        )
    }
    found = with_policy_names(asked, names)

    told = because(explain(found.request, found.policies))
    assert [each["policy"] for each in told["statements"]] == [
        "rcp[0][0]",
        "scp[0][0]",
        "vpce[0]",
        "resource",
        "identity[0]",
        "boundary[0]",
        "session[0]",
    ]
    assert (
        with_policy_names(
            question_from_data(
                {
                    "v": 1,
                    "request": {
                        "principal": {"kind": "anonymous"},
                        "action": "a:b",
                        "resource": "*",
                        "resource_account": A,
                    },
                    "policies": {},
                }
            ),
            {},
        ).policies.scps
        is None
    )


def test_a_near_miss_was_stopped_by_principal_resource_or_condition() -> None:
    denied = Decision(DecisionOutcome.IMPLICITLY_DENIED, Layer.IDENTITY)
    allowed = Decision(DecisionOutcome.ALLOWED, Layer.IDENTITY)
    for element, expected in (
        ("Action", False),
        ("Grammar", False),
        ("Principal", True),
        ("Resource", True),
        ("Condition", True),
    ):
        each = {"applies": False, "effect": "Allow", "stopped_by": element}
        assert is_near_miss(each, denied) is expected
        assert not is_near_miss(each, allowed)
        assert is_near_miss({**each, "effect": "Deny"}, allowed) is expected
    assert not is_near_miss({"applies": True, "effect": "Allow"}, denied)
