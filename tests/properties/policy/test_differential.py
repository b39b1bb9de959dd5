"""The engine against a second evaluator, and laws that hold for any policies."""

import importlib.util
import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from daypass.core.policy.combine import Policies, Request, decide
from daypass.core.policy.compile import compiled
from daypass.core.policy.principal import Kind, Principal

_spec = importlib.util.spec_from_file_location("reference", Path(__file__).parent / "reference.py")
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)

A, B = "111122223333", "444455556666"
CALLERS = {
    "user": {
        "kind": "user",
        "arn": f"arn:aws:iam::{A}:user/u",
        "account": A,
        "id": "AIDAU",
        "role": "",
    },
    "session": {
        "kind": "session",
        "arn": f"arn:aws:sts::{A}:assumed-role/r/s",
        "account": A,
        "id": "AROAR",
        "role": f"arn:aws:iam::{A}:role/p/r",
    },
}
KINDS = {"user": Kind.USER, "session": Kind.ROLE_SESSION}
ACTIONS = st.sampled_from(["s3:GetObject", "s3:PutObject", "S3:getobject", "ec2:Run", "s3:Get"])
PATTERNS = st.sampled_from(
    ["*", "s3:*", "s3:Get*", "s3:?etObject", "ec2:Run", "s3:*Obj*", "s3:GetObject"]
)
RESOURCES = st.sampled_from(["arn:aws:s3:::a", "arn:aws:s3:::a/x", "arn:aws:s3:::b", "*"])
TARGETS = st.sampled_from(
    [
        "*",
        "arn:aws:s3:::a",
        "arn:aws:s3:::a*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::?",
        "arn:aws:s3:::*x",
    ]
)
VALUES = st.sampled_from(["a", "b", "a*", "*", "1", "2", "true", "false", ""])
OPERATORS = st.sampled_from(
    [
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "NumericLessThan",
        "Bool",
        "StringEqualsIfExists",
        "BoolIfExists",
        "Null",
        "ForAllValues:StringEquals",
        "ForAnyValue:StringLike",
        "ForAllValues:StringNotEquals",
        "ForAnyValue:StringNotEquals",
    ]
)
KEYS = st.sampled_from(["k", "l", "m"])
PRINCIPALS = st.sampled_from(
    [
        "*",
        A,
        B,
        f"arn:aws:iam::{A}:root",
        *(CALLERS[who][part] for who in CALLERS for part in ("arn", "id")),
        CALLERS["session"]["role"],
    ]
)


def some(what):
    return what | st.lists(what, min_size=1, max_size=2)


@st.composite
def statements(draw, principal=False):
    found = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    found[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(some(PATTERNS))
    if principal:
        found["Principal"] = draw(st.just("*") | some(PRINCIPALS).map(lambda value: {"AWS": value}))
    else:
        found[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(some(TARGETS))
    if draw(st.booleans()):
        found["Condition"] = draw(
            st.dictionaries(
                OPERATORS, st.dictionaries(KEYS, some(VALUES), min_size=1, max_size=2), max_size=2
            )
        )
    return found


def documents(principal=False):
    return st.lists(statements(principal=principal), min_size=1, max_size=3).map(
        lambda found: {"Version": "2012-10-17", "Statement": found}
    )


CONTEXTS = st.fixed_dictionaries(
    {}, optional={"k": VALUES, "l": VALUES, "m": st.lists(VALUES, min_size=1, max_size=2)}
)
CASES = st.fixed_dictionaries(
    {
        "who": st.sampled_from(["user", "session"]), "action": ACTIONS, "resource": RESOURCES, "owner": st.sampled_from([A, A, B]), "context": CONTEXTS,
        "identity": st.lists(documents(), max_size=2), "boundary": st.none() | documents(), "session": st.none() | st.lists(documents(), max_size=2),
        "trust": st.none() | documents(principal=True), "requires_grant": st.booleans(),
    }
)  # fmt: skip


def ours(case):
    caller = CALLERS[case["who"]]
    principal = Principal(
        KINDS[case["who"]], caller["arn"], A, unique_id=caller["id"], role_arn=caller["role"]
    )
    context = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in case["context"].items()
    }
    text = lambda document: compiled(json.dumps(document))
    policies = Policies(
        identity=tuple(map(text, case["identity"])),
        boundary=text(case["boundary"]) if case["boundary"] else None,
        session=None if case["session"] is None else tuple(map(text, case["session"])),
        resource=text(case["trust"]) if case["trust"] else None,
        requires_grant=case["requires_grant"],
    )
    return decide(
        Request(principal, case["action"], case["resource"], case["owner"], context), policies
    ).outcome.value


def unqualified_on_many(case):
    """A multivalued key without a set operator is a choice of ours; the reference does not know it."""
    everything = [
        *case["identity"],
        *([case["boundary"]] if case["boundary"] else []),
        *(case["session"] or []),
        *([case["trust"]] if case["trust"] else []),
    ]
    return any(
        "m" in block and not operator.startswith("For") and operator != "Null"
        for document in everything
        for statement in document["Statement"]
        for operator, block in statement.get("Condition", {}).items()
    )


@settings(max_examples=1500, deadline=None)
@given(CASES)
def test_t209_pol_the_engine_decides_like_the_reference(case) -> None:
    if unqualified_on_many(case):
        return
    rest = {
        name: case[name]
        for name in (
            "action",
            "resource",
            "owner",
            "context",
            "identity",
            "boundary",
            "session",
            "trust",
            "requires_grant",
        )
    }

    assert ours(case) == reference.decide(CALLERS[case["who"]], **rest)


@settings(max_examples=300, deadline=None)
@given(CASES, st.randoms(use_true_random=False))
def test_the_order_of_statements_and_documents_never_matters(case, dice) -> None:
    before = ours(case)
    for document in (*case["identity"], *([case["trust"]] if case["trust"] else [])):
        dice.shuffle(document["Statement"])
    dice.shuffle(case["identity"])

    assert ours(case) == before


@settings(max_examples=300, deadline=None)
@given(CASES, statements())
def test_one_more_deny_never_allows(case, statement) -> None:
    before = ours(case)
    more = {"Version": "2012-10-17", "Statement": [{**statement, "Effect": "Deny"}]}
    after = ours({**case, "identity": [*case["identity"], more]})

    assert after in {before, "ExplicitlyDenied"}


@settings(max_examples=300, deadline=None)
@given(CASES, documents())
def test_a_session_policy_or_a_boundary_never_allows_what_was_not(case, document) -> None:
    before = ours({**case, "session": None, "boundary": None})
    for capped in (
        {**case, "boundary": None, "session": [document]},
        {**case, "session": None, "boundary": document},
    ):
        after = ours(capped)
        assert after == before or after != "Allowed"
