"""What the validator says to people beside AWS's words: what is wrong, how it should look, where."""

import json

import pytest

from daypass.core.policy.checks.validate import DocumentKind, find_violations
from daypass.core.policy.decision.compile import PolicyGrammar
from daypass.core.policy.decision.policy_sets import single_policy_set
from daypass.core.policy.language.stored_principals import is_service_name, with_arns
from daypass.policy import lint
from daypass.policy.reference import IamdataReference

REFERENCE = IamdataReference()
GOOD = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
TRUST = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
IDENTITY, MANAGED, SESSION = DocumentKind.IDENTITY, DocumentKind.MANAGED, DocumentKind.SESSION
OF_TRUST, OF_BUCKET = DocumentKind.TRUST, DocumentKind.BUCKET
SCP, RCP = DocumentKind.SCP, DocumentKind.RCP
SYNTAX = "Syntax errors in policy."
SID = (
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular"
    " expression [0-9A-Za-z]*"
)


def text(*statements, **top):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)} | top)


def trusting(principal, action="sts:AssumeRole"):
    return {**TRUST, "Principal": principal, "Action": action}


def found_in(body, kind):
    """Return the findings that a document is refused for."""
    return [each for each in lint(body, kind, REFERENCE)[1] if each.severity == "invalid"]


MISSPELT = [
    ({**GOOD, "Effect": "Alow"}, 'did you mean "Allow"?', '"Alow"'),
    ({**GOOD, "Conditon": {}}, 'did you mean "Condition"?', '"Conditon"'),
    (
        {**GOOD, "Condition": {"StringEqual": {"aws:username": "a"}}},
        'did you mean "StringEquals"?',
        '"StringEqual"',
    ),
    (
        {**GOOD, "Condition": {"StringEqualIfExists": {"aws:username": "a"}}},
        'did you mean "StringEqualsIfExists"?',
        '"StringEqualIfExists"',
    ),
    (
        {**GOOD, "Condition": {"ForAnyValues:StringLike": {"aws:TagKeys": "a"}}},
        'did you mean "ForAnyValue"?',
        '"ForAnyValues:StringLike"',
    ),
    (
        {**GOOD, "Condition": {"NullIfExists": {"aws:username": "true"}}},
        "takes no IfExists",
        '"NullIfExists"',
    ),
    ({**GOOD, "Resources": "*"}, 'did you mean "Resource"?', '"Resources"'),
    ({**GOOD, "NotAction": "s3:*"}, "Action or NotAction, not both", '"NotAction"'),
    ({**GOOD, "Sid": 7}, "Sid is a text", "7"),
    ({**GOOD, "Action": {"a": 1}}, "a list of texts", '{"a": 1}'),
]


@pytest.mark.parametrize(("statement", "hint", "marked"), MISSPELT)
@pytest.mark.parametrize("kind", [IDENTITY, MANAGED, SESSION, SCP])
def test_a_syntax_error_is_named_at_its_place_with_what_was_meant(
    kind, statement, hint, marked
) -> None:
    body = text(statement)
    (found,) = found_in(body, kind)

    assert found.message == SYNTAX
    assert hint in found.hint
    assert body[found.column - 1 : found.end_column - 1] == marked


def test_every_syntax_error_of_a_document_is_found_at_once() -> None:
    statement = {"Effct": "Allow", "Action": 1, "Resource": "*", "Condition": {"Equals": {"a": 1}}}
    body = text(statement, "x", Version="2012-10-18", Statements=[])

    assert [each.path for each in found_in(body, MANAGED)] == [
        "Statements",
        "Version",
        "Statement[0].Effct",
        "Statement[0].Effect",
        "Statement[0].Action",
        "Statement[0].Condition.Equals",
        "Statement[1]",
    ]


def test_a_wrong_version_is_told_the_right_one() -> None:
    (found,) = found_in(text(GOOD, Version="2012-10-18"), MANAGED)

    assert found.hint.endswith('write "2012-10-17"')
    assert (found.line, found.column) == (1, 13)


def test_a_single_statement_has_positions_without_a_list() -> None:
    body = '{"Version": "2012-10-17",\n "Statement": {"Effect": "Allow",\n  "Acton": "s3:*"}}'
    (found,) = found_in(body, IDENTITY)

    assert (found.line, found.column, found.path) == (3, 3, "Statement[0].Acton")


@pytest.mark.parametrize("blank", [" ", "\t", "\n", "\r"])
@pytest.mark.parametrize(
    ("kind", "statement", "message"),
    [
        (IDENTITY, GOOD, "The policy failed legacy parsing"),
        (MANAGED, GOOD, "The policy failed legacy parsing"),
        (DocumentKind.BOUNDARY, GOOD, "The policy failed legacy parsing"),
        (SESSION, GOOD, "The policy failed legacy parsing"),
        (OF_TRUST, TRUST, "JSON strings must not have leading spaces"),
        (
            OF_BUCKET,
            {**GOOD, "Principal": "*"},
            "Policies must be valid JSON and the first byte must be '{'",
        ),
    ],
)
def test_white_space_before_the_first_brace_is_refused(blank, kind, statement, message) -> None:
    body = text(statement)

    assert found_in(body, kind) == []
    assert [each.message for each in found_in(blank + body, kind)][:1] == [message]


@pytest.mark.parametrize("sid", ["my-id", "my id", "é"])
def test_a_sid_has_letters_and_digits_but_in_the_policy_of_a_resource(sid) -> None:
    for kind, statement in (
        (IDENTITY, GOOD),
        (MANAGED, GOOD),
        (SESSION, GOOD),
        (SCP, GOOD),
        (OF_TRUST, TRUST),
        (RCP, {**GOOD, "Effect": "Deny", "Principal": "*"}),
    ):
        (found,) = found_in(text({**statement, "Sid": sid}), kind)
        assert found.message == SID
        assert "letters and digits" in found.hint
    for kind in (OF_BUCKET, DocumentKind.RESOURCE, DocumentKind.ENDPOINT):
        assert found_in(text({**GOOD, "Principal": "*", "Sid": sid}), kind) == []


SERVICES = [
    ("lambda.amazon.com", 'did you mean "lambda.amazonaws.com"?'),
    ("lambda", 'did you mean "lambda.amazonaws.com"?'),
    ("Lambda.amazonaws.com", 'did you mean "lambda.amazonaws.com"?'),
    ("lambda.eu-west-1.amazonaws.com", 'did you mean "lambda.amazonaws.com"?'),
    ("eks.amazonaws.com.cn", 'did you mean "eks.amazonaws.com"?'),
    ("eu-west-1.lambda.amazonaws.com", 'write it as in "lambda.amazonaws.com"'),
    ("*", "name the service"),
    ("10.0.0.1", 'write it as in "lambda.amazonaws.com"'),
    ("amazonaws.com", 'write it as in "lambda.amazonaws.com"'),
    ("https://lambda.amazonaws.com", 'write it as in "lambda.amazonaws.com"'),
    ("lambda.amazonaws.com.", 'write it as in "lambda.amazonaws.com"'),
    ("lambda.amazonaws.com\n", 'write it as in "lambda.amazonaws.com"'),
]


@pytest.mark.parametrize(("name", "hint"), SERVICES)
def test_what_is_no_service_is_no_principal(name, hint) -> None:
    for kind, statement in (
        (OF_TRUST, trusting({"Service": name})),
        (OF_BUCKET, {**GOOD, "Principal": {"Service": name}}),
        (OF_BUCKET, {**GOOD, "Effect": "Deny", "NotPrincipal": {"Service": [name]}}),
    ):
        (found,) = found_in(text(statement), kind)
        assert found.message == f'Invalid principal in policy: "SERVICE":"{name}"'
        assert hint in found.hint


@pytest.mark.parametrize(
    "name",
    [
        "ec2.amazonaws.com",
        "ecs-tasks.amazonaws.com",
        "delivery.logs.amazonaws.com",
        "s3.data-source.lustre.fsx.amazonaws.com",
        "states.eu-west-1.amazonaws.com",
        "logs.us-east-1.amazonaws.com",
        "codedeploy.us-west-2.amazonaws.com",
        "ssm.ap-east-1.amazonaws.com",
        "signin.af-south-1.amazonaws.com",
        "guardduty.mx-central-1.amazonaws.com",
        "alexa-appkit.amazon.com",
    ],
)
def test_a_service_is_named_by_its_principal(name) -> None:
    assert is_service_name(name)
    assert found_in(text(trusting({"Service": name})), OF_TRUST) == []


PEOPLE = [
    ({"AWS": "arn:aws:iam::111122223333:role/app-*"}, "has a wildcard"),
    ({"AWS": "bob"}, "write an account id, or the ARN"),
    ({"AWS": "arn:aws:iam::111122223333:group/g"}, "a group is no principal"),
    ({"AWS": "11112222333"}, "twelve digits"),
    ({"AWS": "arn:aws:iam::111122223333:role/${aws:username}"}, "has a variable"),
    ({"Federated": "*"}, "names nobody"),
]


@pytest.mark.parametrize(("principal", "hint"), PEOPLE)
def test_a_principal_that_names_nobody_is_refused_with_what_to_write(principal, hint) -> None:
    (found,) = found_in(text(trusting(principal)), OF_TRUST)

    assert found.message.startswith("Invalid principal in policy: ")
    assert hint in found.hint


def test_trust_is_for_actions_of_sts_that_assume() -> None:
    for action, hint in (
        ("sts:*", "write one of sts:AssumeRole"),
        ("sts:AsumeRole", 'did you mean "sts:AssumeRole"?'),
        ("s3:GetObject", "write one of sts:AssumeRole"),
    ):
        (found,) = found_in(text(trusting("*", action)), OF_TRUST)
        assert found.message == "AssumeRole policy may only specify STS AssumeRole actions."
        assert hint in found.hint


def test_an_rcp_is_for_a_star_that_stands_alone() -> None:
    statement = {**GOOD, "Effect": "Deny"}

    assert found_in(text({**statement, "Principal": "*"}), RCP) == []
    (found,) = found_in(text({**statement, "Principal": {"AWS": "*"}}), RCP)
    assert found.hint.startswith('write "Principal": "*"')


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ({**GOOD, "Principal": "*", "Action": "ec2:Run"}, "Policy has invalid action"),
        ({**GOOD, "Principal": "*", "Action": "Get"}, "Policy has invalid action"),
        ({**GOOD, "Principal": "*", "Resource": "*"}, "Policy has invalid resource"),
        ({**GOOD, "Principal": "*", "Resource": "arn:aws:s3:::b*"}, "Policy has invalid resource"),
        (
            {**GOOD, "Principal": "*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::c"]},
            "Policy has invalid resource",
        ),
        ({**GOOD, "Principal": "*", "Action": []}, "Missing required field Action"),
        (GOOD, "Missing required field Principal"),
    ],
)
def test_the_policy_of_a_bucket_is_refused_in_the_words_of_s3(statement, message) -> None:
    (found,) = found_in(text(statement), OF_BUCKET)

    assert found.message == message
    assert found.hint


def test_a_repeated_sid_is_told_at_the_later_statement() -> None:
    (found,) = found_in(text({**GOOD, "Sid": "One"}, {**GOOD, "Sid": "One"}), IDENTITY)

    assert found.path == "Statement[1].Sid"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"tags": {"team": {}}}', DocumentKind.TAG),
        (
            text(
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "111122223333"},
                    "Action": "organizations:ListAccounts",
                    "Resource": "*",
                }
            ),
            DocumentKind.DELEGATION,
        ),
        (text({**GOOD, "Principal": "*"}), OF_BUCKET),
        (text({**GOOD, "Principal": "*", "Resource": "arn:aws:sqs:a:1:q"}), DocumentKind.RESOURCE),
        (text(TRUST), OF_TRUST),
        (text(GOOD), IDENTITY),
    ],
)
def test_a_kind_is_known_by_the_documents_elements(body, kind) -> None:
    assert lint(body, None, REFERENCE)[0] is kind


STORED_EARLIER = [
    {"AWS": "arn:aws:iam::111122223333:role/app-*"},
    {"Service": "lambda"},
    {"Service": "lambda.eu-west-1.amazonaws.com"},
    {"AWS": "bob"},
]


@pytest.mark.parametrize("principal", STORED_EARLIER)
def test_a_stored_policy_that_is_refused_today_is_still_read_and_shown(principal) -> None:
    body = " " + text({**trusting(principal, "sts:*"), "Sid": "my id"})
    _, refused = find_violations(body, OF_TRUST)

    assert next(refused, None) is not None
    (stored,) = single_policy_set(body, PolicyGrammar.TRUST, "role").policies
    assert [each.is_allow for each in stored.document.statements] == [True]
    assert with_arns(body, {}.get) == body
