"""Which documents may be written, and what IAM says of the others."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daypass.core import quotas
from daypass.core.faults import Malformed
from daypass.core.policy.checks.validate import DocumentKind, quota_characters, validate_document
from daypass.core.policy.language import stored_principals
from daypass.core.policy.language.model import PolicyDocument
from daypass.core.policy.language.parse import InvalidJson, parse_document_value, read_json

GOOD = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
SYNTAX = "Syntax errors in policy."


def text(*statements, **top):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **top})


def without(name, **more):
    return {key: value for key, value in {**GOOD, **more}.items() if key != name}


REFUSED = [
    ("not json", "{", SYNTAX),
    ("an array", "[]", SYNTAX),
    ("T210-POL a BOM", "\ufeff" + text(GOOD), SYNTAX),
    ("T210-POL a comment", "/* */" + text(GOOD), SYNTAX),
    ("T210-POL a trailing comma", text(GOOD)[:-1] + ",}", SYNTAX),
    (
        "T211-POL a duplicate member",
        text(GOOD).replace('"Effect"', '"Effect": "Deny", "Effect"'),
        SYNTAX,
    ),
    (
        "NaN",
        text({**GOOD, "Condition": {"NumericEquals": {"a": 1}}}).replace(": 1}", ": NaN}"),
        SYNTAX,
    ),
    ("half of a surrogate pair", text({**GOOD, "Sid": "x"}).replace('"x"', '"\\ud800"'), SYNTAX),
    (
        "a huge number",
        text({**GOOD, "Condition": {"NumericEquals": {"a": 1}}}).replace(": 1}", ": 1e999}"),
        SYNTAX,
    ),
    ("T251-DOS too deep", "[" * 100_000, SYNTAX),
    ("deeper than any policy", '{"Statement":' + '{"a":' * 40 + "1" + "}" * 41, SYNTAX),
    ("too long", text(GOOD) + " " * 131_072, SYNTAX),
    ("T210-POL an unknown element", text({**GOOD, "Effects": "x"}), SYNTAX),
    ("an unknown element at the top", text(GOOD, Versions="x"), SYNTAX),
    ("T210-POL another version", text(GOOD, Version="2020-01-01"), SYNTAX),
    ("no statement", json.dumps({"Version": "2012-10-17"}), SYNTAX),
    ("no statements", text(), SYNTAX),
    ("a statement that is none", text("x"), SYNTAX),
    ("an id that is no text", text(GOOD, Id=1), SYNTAX),
    ("a sid that is no text", text({**GOOD, "Sid": []}), SYNTAX),
    ("no effect", text(without("Effect")), SYNTAX),
    ("another effect", text({**GOOD, "Effect": "Maybe"}), SYNTAX),
    ("an action that is no text", text({**GOOD, "Action": [{}]}), SYNTAX),
    ("action and not-action", text({**GOOD, "NotAction": "x:y"}), SYNTAX),
    ("resource and not-resource", text({**GOOD, "NotResource": "*"}), SYNTAX),
    ("principal and not-principal", text({**GOOD, "Principal": "*", "NotPrincipal": "*"}), SYNTAX),
    ("a condition that is no object", text({**GOOD, "Condition": []}), SYNTAX),
    (
        "a condition value that is an object",
        text({**GOOD, "Condition": {"Bool": {"a": {}}}}),
        SYNTAX,
    ),
    (
        "T210-POL an unknown operator",
        text({**GOOD, "Condition": {"StringMatch": {"a": "b"}}}),
        SYNTAX,
    ),
    (
        "one key in two spellings",
        text({**GOOD, "Condition": {"Bool": {"a": "true", "A": "true"}}}),
        SYNTAX,
    ),
    ("an unknown kind of principal", text({**GOOD, "Principal": {"Aws": "*"}}), SYNTAX),
    (
        "a character outside Latin-1",
        text(GOOD).replace("s3:*", "s3:Ā").encode().decode("unicode_escape")
        if False
        else '{"Version":"2012-10-17","Statement":[{"Sid":"Ā"}]}',
        SYNTAX,
    ),
    (
        "T210-POL effect in lower case",
        text({**GOOD, "Effect": "allow"}),
        "The policy failed legacy parsing",
    ),
    (
        "a date that is none",
        text({**GOOD, "Condition": {"DateEquals": {"a": "soon"}}}),
        "The policy failed legacy parsing",
    ),
    (
        "an ARN with too few parts",
        text({**GOOD, "Resource": "arn:aws:s3::x"}),
        "The policy failed legacy parsing",
    ),
    (
        "an ARN without a service",
        text({**GOOD, "Resource": "arn:aws::::x"}),
        "The policy failed legacy parsing",
    ),
    (
        "T210-POL the same sid twice",
        text({**GOOD, "Sid": "a"}, {**GOOD, "Sid": "a"}),
        "Statement IDs (SID) in a single policy must be unique.",
    ),
    ("no action", text(without("Action")), "Policy statement must contain actions."),
    ("no actions", text({**GOOD, "Action": []}), "Policy statement must contain actions."),
    (
        "a resource that is no ARN",
        text({**GOOD, "Resource": "b"}),
        'Resource b must be in ARN format or "*".',
    ),
    (
        "a resource with another scheme",
        text({**GOOD, "Resource": "a:b"}),
        'Partition "b" is not valid for resource "arn:b:*:*:*:*".',
    ),
    (
        "another partition",
        text({**GOOD, "Resource": "arn:p:s3"}),
        'Partition "p" is not valid for resource "arn:p:s3:*:*:*".',
    ),
    (
        "two parts",
        text({**GOOD, "Resource": "arn:aws"}),
        "Resource vendor must be fully qualified and cannot contain regexes.",
    ),
    (
        "IAM with a region",
        text({**GOOD, "Resource": "arn:aws:iam:eu:1:user/x"}),
        "IAM resource arn:aws:iam:eu:1:user/x cannot contain region information.",
    ),
    (
        "S3 with a region",
        text({**GOOD, "Resource": "arn:aws:s3:eu::b"}),
        "Resource arn:aws:s3:eu::b can not contain region information.",
    ),
    (
        "an action without a vendor",
        text({**GOOD, "Action": "Get"}),
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    ),
    (
        "an action with two colons",
        text({**GOOD, "Action": "a:b:c"}),
        "Actions/Condition can contain only one colon.",
    ),
    ("another vendor", text({**GOOD, "Action": "a_b:c"}), "Vendor a_b is not valid"),
    (
        "T213-POL a look-alike vendor",
        text({**GOOD, "Action": "ª3:GetObject"}).encode().decode("unicode_escape"),
        "Vendor ª3 is not valid",
    ),
    ("no resource", text(without("Resource")), "Policy statement must contain resources."),
    (
        "a principal",
        text({**GOOD, "Principal": "*"}),
        "Policy document should not specify a principal.",
    ),
]


@pytest.mark.parametrize(
    ("policy", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_document_is_refused_in_iams_words_and_with_a_path(policy, message) -> None:
    with pytest.raises(Malformed) as refused:
        validate_document(policy, DocumentKind.IDENTITY)

    assert refused.value.message == message
    assert refused.value.path or "{" not in policy or message == SYNTAX


def test_iam_names_where_its_resources_may_begin() -> None:
    with pytest.raises(Malformed, match="IAM resource path must either be"):
        validate_document(
            text({**GOOD, "Resource": "arn:aws:iam::1:users/x"}), DocumentKind.IDENTITY
        )


@pytest.mark.parametrize(
    "statement",
    [
        GOOD,
        {**GOOD, "Action": ["nosuch:Thing", "*"], "Sid": ""},
        {**GOOD, "Action": ["s3:*", None]},
        {**GOOD, "Condition": {}},
        {**GOOD, "Condition": {"Unknown": {}}},
        {**GOOD, "Condition": {"Bool": {"aws:x": True}, "NumericEquals": {"a": [1, 2.5]}}},
        {**GOOD, "Condition": {"DateLessThan": {"a": ["1767225600", "2026-01-01"]}}},
        {
            **GOOD,
            "Resource": [
                "arn:aws:iam::1:role/x",
                "arn:aws:s3:::b/*",
                "arn:aws:s3:eu:1:accesspoint/x",
                "arn:aws:iam::*:*",
            ],
        },
        {
            "Effect": "Deny",
            "NotAction": "iam:*",
            "NotResource": "arn:aws:iam::*:role/${aws:username}",
        },
    ],
)
def test_what_iam_accepts_is_accepted(statement) -> None:
    assert validate_document(text(statement), DocumentKind.IDENTITY).statements


def test_one_statement_needs_no_list_and_a_number_keeps_its_spelling() -> None:
    body = (
        '{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*",'
        '"Condition":{"StringEquals":{"k":[1.10,16]}}}}'
    )

    document = validate_document(body, DocumentKind.IDENTITY)

    assert document.version == "2008-10-17"
    assert document.statements[0].conditions[0].values == ("1.10", "16")


def test_a_managed_policy_has_the_new_version() -> None:
    with pytest.raises(Malformed, match="must be version 2012-10-17 or greater"):
        validate_document(json.dumps({"Statement": [GOOD]}), DocumentKind.MANAGED)
    assert validate_document(text(GOOD), DocumentKind.MANAGED)


TRUST = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
GITHUB = {
    "Effect": "Allow",
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"},
}
ISSUER = "token.actions.githubusercontent.com"
SUB = f"{ISSUER}:sub"


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("{", "This policy contains invalid Json"),
        (text({**TRUST, "Resource": "*"}), "Has prohibited field Resource"),
        (text({**TRUST, "NotResource": "*"}), "Has prohibited field Resource"),
        (
            text({"Effect": "Allow", "NotPrincipal": "*", "Action": "sts:AssumeRole"}),
            "Has prohibited field NotPrincipal",
        ),
        (text({"Effect": "Allow", "Action": "sts:AssumeRole"}), "Missing required field Principal"),
        (text({**TRUST, "Principal": {}}), "Missing required field Principal cannot be empty!"),
        (
            text({**TRUST, "Action": "s3:*"}),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (text({**TRUST, "Action": []}), "Policy statement must contain actions."),
        (
            text(GITHUB),
            f"Trust in {ISSUER} must be limited by a condition on {SUB}.",
        ),
        (
            text({**GITHUB, "Condition": {"ForAllValues:StringLike": {SUB: "repo:me/x:*"}}}),
            f"Trust in {ISSUER} must be limited by a condition on {SUB}.",
        ),
        (
            text({**GITHUB, "Condition": {"StringLike": {SUB: "repo:*"}}}),
            f"Trust in {ISSUER} must be limited by a condition on {SUB}.",
        ),
    ],
    ids=[
        "json",
        "resource",
        "not-resource",
        "not-principal",
        "no principal",
        "no principals",
        "actions",
        "no actions",
        "T083-TRUST",
        "T084-TRUST for all",
        "T084-TRUST repo:*",
    ],
)
def test_a_trust_policy_is_refused_in_awss_words(policy, message) -> None:
    with pytest.raises(Malformed) as refused:
        validate_document(policy, DocumentKind.TRUST)

    assert refused.value.message == message


def test_trust_that_names_its_subject_is_accepted() -> None:
    for statement in (
        TRUST,
        {**TRUST, "Action": ["sts:TagSession", "sts:AssumeRole*", "STS:assumerole"]},
        {**GITHUB, "Effect": "Deny"},
        {**GITHUB, "Condition": {"StringLike": {SUB: "repo:me/x:*"}}},
    ):
        assert validate_document(text(statement), DocumentKind.TRUST)


ALICE = "arn:aws:iam::111122223333:user/alice"


def test_trap_21_a_trusted_user_is_stored_by_id_and_shown_by_name_while_it_exists() -> None:
    policy = text(
        {**TRUST, "Principal": {"AWS": [ALICE, "111122223333"]}},
        {**TRUST, "Principal": "*"},
        {**TRUST, "Principal": {"Service": "ec2.amazonaws.com"}},
    )

    kept = stored_principals.with_unique_ids(policy, {ALICE: "AIDAALICEALICE12"}.get)

    assert ALICE not in kept
    assert ALICE in stored_principals.with_arns(kept, {"AIDAALICEALICE12": ALICE}.get)
    assert "AIDAALICEALICE12" in stored_principals.with_arns(kept, {}.get)


def test_a_single_principal_stays_single_and_an_untouched_text_stays_as_it_is() -> None:
    single = json.dumps({"Statement": {**TRUST, "Principal": {"AWS": ALICE}}})

    assert json.loads(stored_principals.with_unique_ids(single, lambda _: "AIDAX"))["Statement"][
        "Principal"
    ] == {"AWS": "AIDAX"}
    assert stored_principals.with_unique_ids(text(TRUST), {}.get) == text(TRUST)


@pytest.mark.parametrize(
    "value", [ALICE, "arn:aws:iam::111122223333:user/*", "alice", "arn:aws:iam::1:root", "AIDA*"]
)
def test_a_principal_that_does_not_exist_is_refused(value) -> None:
    with pytest.raises(Malformed, match="Invalid principal in policy"):
        stored_principals.with_unique_ids(text({**TRUST, "Principal": {"AWS": value}}), {}.get)


def nested(depth):
    """A document whose deepest value lies so deep."""
    return '{"Statement":' + "[" * (depth - 1) + "1" + "]" * (depth - 1) + "}"


def test_a_document_is_bounded_in_depth_and_length() -> None:
    assert read_json(nested(quotas.DOCUMENT_DEPTH_MAX))
    with pytest.raises(InvalidJson):
        read_json(nested(quotas.DOCUMENT_DEPTH_MAX + 1))
    objects = '{"a":' * quotas.DOCUMENT_DEPTH_MAX + "1" + "}" * quotas.DOCUMENT_DEPTH_MAX
    assert read_json(objects)
    with pytest.raises(InvalidJson):
        read_json('{"a":' + objects + "}")
    assert read_json(" " * 9 + "1", characters_max=10)
    with pytest.raises(InvalidJson) as refused:
        read_json(" " * 10 + "1", characters_max=10)
    assert refused.value.message == SYNTAX


def test_a_number_and_a_truth_keep_their_spelling() -> None:
    block = '{"NumericEquals":{"a":[1,1.0,-2.50,1e2,true,false,"x"]}}'
    body = f'{{"Statement":{{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{block}}}}}'

    values = ("1", "1.0", "-2.50", "1e2", "true", "false", "x")
    assert (
        validate_document(body, DocumentKind.IDENTITY).statements[0].conditions[0].values == values
    )
    block = {"NumericEquals": {"a": [1, 2.5, True, False, "x"]}}
    given = {"Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": block}}
    assert parse_document_value(given).statements[0].conditions[0].values == (
        "1",
        "2.5",
        "true",
        "false",
        "x",
    )


def test_white_space_does_not_count_for_a_quota() -> None:
    assert quota_characters(' { "a" :\t1 }\n') == 7


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["Allow", "*", "s3:*", "arn:aws:s3:::b", "2012-10-17"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Version",
                    "Statement",
                    "Effect",
                    "Action",
                    "Resource",
                    "Principal",
                    "AWS",
                    "Condition",
                    "Bool",
                    "k",
                    "Sid",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=60) | JSON.map(json.dumps), st.sampled_from(DocumentKind))
def test_any_text_is_a_document_or_a_refusal(policy, kind) -> None:
    with contextlib.suppress(Malformed):
        assert isinstance(validate_document(policy, kind), PolicyDocument)
