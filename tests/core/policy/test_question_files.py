"""Questions as data: what is outside the versioned format is refused, with the place."""

import json

import pytest

from daypass import policy
from daypass.core.faults import Malformed
from daypass.core.policy.decision.model import Layer
from daypass.core.policy.explanation.question_files import question_from_data

A = "111122223333"
ALICE = f"arn:aws:iam::{A}:user/alice"
QUESTION = {
    "v": 1,
    "id": "q",
    "request": {
        "principal": {"kind": "user", "arn": ALICE, "account": A},
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::reports/may",
        "resource_account": A,
        "context": {"aws:TagKeys": ["a", "b"]},
    },
    "policies": {
        "identity": [{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}]
    },
}


def changed(path, value):
    """The question with one member set, or removed where the value is `...`."""
    found = json.loads(json.dumps(QUESTION))
    at = found
    for name in path[:-1]:
        at = at[name]
    if value is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return found


ERRORS = [
    (("v",), 2, "only version 1"),
    (("v",), True, "only version 1"),
    (("request",), ..., "request: is missing"),
    (("more",), 1, "more: is not known"),
    (("request", "more"), 1, "request.more: is not known"),
    (("request", "principal", "kind"), "alien", "principal.kind"),
    (("request", "principal", "kind"), "role-session", "role_arn: is missing"),
    (("request", "principal", "kind"), "federated-user", "user_arn: is missing"),
    (("request", "principal", "account"), "12", "twelve digits"),
    (("request", "principal"), [], "an object is needed"),
    (("request", "resource_account"), 5, "a text is needed"),
    (("request", "context"), {"a": "1", "A": "2"}, "two spellings"),
    (("request", "context"), {"a": 1}, "a text is needed"),
    (("id",), 5, "id: a text"),
    (("policies", "identity"), {}, "a list is needed"),
    (("policies", "identity"), [5], "a document"),
    (
        ("policies", "identity"),
        ["{}"],
        "policies.identity[0]: Syntax errors in policy. (Statement)",
    ),
    (
        ("policies", "identity"),
        [{"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}],
        "Effect",
    ),
    (("policies", "boundary"), [{"Statement": []}, {"Statement": []}], "one boundary"),
    (("policies", "scp"), [{}], "policies.scp[0]: a list"),
    (("request", "action"), "GetObject", "request.action: service:Name"),
    (("request", "action"), "s3:Get*", "request.action: service:Name"),
    (("request", "action"), "s3:Get Object", "request.action: service:Name"),
    (("request", "resource"), "bucket", "request.resource: an ARN of six parts"),
    (("request", "resource"), "arn:aws:s3", "request.resource: an ARN of six parts"),
    (("request", "resource"), ..., "request.resource: is missing"),
    (("request", "resource_account"), "1234", "request.resource_account: twelve digits"),
    (("request", "principal", "arn"), ..., "request.principal.arn: is missing"),
    (("request", "principal", "account"), ..., "request.principal.account: is missing"),
    (("request", "principal", "arn"), 5, "request.principal.arn: a text is needed"),
    (("request", "principal", "more"), "x", "request.principal.more: is not known"),
    (("request", "context"), [], "request.context: an object is needed"),
    (("request", "context"), {"a": [1]}, "request.context.a: a text is needed"),
    (("policies",), [], "policies: an object is needed"),
    (("policies", "other"), [], "policies.other: is not known"),
    (("policies", "scp"), {}, "policies.scp: a list is needed"),
    (
        ("policies", "rcp"),
        [[{"Statement": 5}]],
        "policies.rcp[0][0]: Syntax errors in policy. (Statement[0])",
    ),
    (("policies", "vpce"), [5], "policies.vpce[0]: a document, or its text, is needed"),
    (("policies", "resource"), [], "policies.resource: a document, or its text, is needed"),
]


@pytest.mark.parametrize(
    ("path", "value", "words"), ERRORS, ids=[f"{case[2]} {case[1]}" for case in ERRORS]
)
def test_a_question_outside_the_format_is_refused_with_a_path(path, value, words) -> None:
    with pytest.raises(Malformed) as refused:
        question_from_data(changed(path, value))

    assert words in refused.value.message
    assert refused.value.path
    assert refused.value.message.startswith((refused.value.path, "v:"))


def test_a_question_is_parsed_without_additions() -> None:
    found = question_from_data(QUESTION)

    assert found.id == "q"
    assert found.request.context == {"aws:tagkeys": ("a", "b")}
    assert found.request.principal.arn == ALICE
    assert found.policies.boundary is found.policies.session is found.policies.resource is None
    assert found.policies.scps is found.policies.rcps is found.policies.endpoint is None
    assert not found.policies.requires_grant
    assert policy.answer(found) == {"v": 1, "id": "q", "decision": "Allowed"}
    assert question_from_data(changed(("id",), ...)).id is None
    assert question_from_data(changed(("id",), None)).id is None
    assert question_from_data(changed(("request", "context"), ...)).request.context == {}


@pytest.mark.parametrize(
    ("action", "resource", "required", "layer"),
    [
        ("sts:AssumeRole", f"arn:aws:iam::{A}:role/r", True, Layer.TRUST),
        ("STS:TagSession", f"arn:aws:iam::{A}:role/x/r", True, Layer.TRUST),
        ("iam:GetRole", f"arn:aws:iam::{A}:role/r", False, Layer.RESOURCE),
        ("sts:GetFederationToken", f"arn:aws:sts::{A}:federated-user/x", False, Layer.RESOURCE),
        ("sts:AssumeRole", f"arn:aws:iam::{A}:user/r", False, Layer.RESOURCE),
        ("kms:Decrypt", f"arn:aws:kms:eu:{A}:key/1", True, Layer.RESOURCE),
        ("kms:Decrypt", f"arn:aws:kms:eu:{A}:alias/1", False, Layer.RESOURCE),
        ("s3:GetObject", f"arn:aws:kms:eu:{A}:key/1", False, Layer.RESOURCE),
    ],
)
def test_roles_and_keys_require_a_grant(action, resource, required, layer) -> None:
    asked = changed(("request", "action"), action)
    asked["request"]["resource"] = resource
    found = question_from_data(asked).policies

    assert found.requires_grant is required
    assert found.resource_layer is layer


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("role-session", {"role_arn": "arn:aws:iam::111122223333:role/r"}),
        ("federated-user", {"user_arn": ALICE}),
        ("root", {}),
    ],
)
def test_a_principal_has_what_its_kind_needs_and_no_more(kind, more) -> None:
    given = {
        "kind": kind,
        "arn": "arn:x",
        "account": A,
        "unique_id": "U",
        "canonical_user": "c",
        "role_arn": "other",
        "user_arn": "other",
        **more,
    }
    found = question_from_data(changed(("request", "principal"), given)).request.principal

    assert found.role_arn == more.get("role_arn", "")
    assert found.user_arn == more.get("user_arn", "")
    assert (found.unique_id, found.canonical_user, found.account) == ("U", "c", A)


@pytest.mark.parametrize("kind", ["service", "web-identity", "saml", "anonymous"])
def test_some_callers_are_of_no_account(kind) -> None:
    given = {"kind": kind} if kind == "anonymous" else {"kind": kind, "arn": "x"}

    assert (
        question_from_data(changed(("request", "principal"), given)).request.principal.account == ""
    )


def test_an_ambiguous_line_is_refused() -> None:
    assert policy.parse_question(json.dumps(QUESTION)).id == "q"
    for text in (
        "nonsense",
        json.dumps(QUESTION).replace('"v": 1', '"v": 1, "v": 1'),
        "[" * 50 + "]" * 50,
    ):
        with pytest.raises(policy.InvalidJson):
            policy.parse_question(text)


def test_a_statement_has_a_position_if_there_is_a_text() -> None:
    text = json.dumps(QUESTION["policies"]["identity"][0], indent=1)
    found = policy.decide(policy.question_from_data(changed(("policies", "identity"), [text])))
    start, end = policy.statement_position(found.rule)

    assert (start.line, end.line) == (2, 6)
    assert (
        policy.statement_position(policy.decide(policy.question_from_data(QUESTION)).rule) is None
    )
