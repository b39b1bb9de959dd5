"""The authority refuses exactly what lint calls invalid, whatever kind of policy is written.

Each document is written by the operation that stores its kind; a run of the tests compares some,
`DAYPASS_WRITTEN=20000` more.
"""

import os
import random
import re

import pytest
from tests.properties.policy import written_documents
from tests.services.organizations.organized import MEMBER, RCP, SCP, TAG, Organized
from tests.services.support import ACCOUNT, role, user

from daypass import policy
from daypass.core.domain.bucket import Bucket
from daypass.core.domain.partition import GLOBAL
from daypass.core.faults import Fault, Malformed
from daypass.core.policy.checks.syntax import OPERATOR_SPELLINGS, syntax_violations
from daypass.core.policy.checks.validate import DocumentKind
from daypass.core.policy.language.operators import OPERATORS
from daypass.core.policy.language.parse import InvalidJson, parse_document, read_json
from daypass.gate.buckets.bucket_policies import checked_policy
from daypass.gate.protocol.errors import S3Error
from daypass.policy.reference import IamdataReference
from daypass.services.iam import roles
from daypass.services.iam.policies import inline_policies, managed_policies
from daypass.services.organizations.policies import policy_lifecycle, resource_policy
from daypass.services.sts import session_policies

WRITTEN = int(os.environ.get("DAYPASS_WRITTEN", "400"))
REFERENCE = IamdataReference()
KINDS = sorted(set(DocumentKind) - {DocumentKind.RESOURCE, DocumentKind.ENDPOINT}, key=str)
"""The kinds that the authority stores; policies of other services' resources it does not."""


@pytest.fixture(scope="module")
def known():
    found = Organized(types=(SCP, RCP, TAG))
    found.member(MEMBER)
    found.put(user("alice"), role("worker"))
    return found


def _create_policy(known, text):
    known.call(managed_policies.create_policy, PolicyName="written", PolicyDocument=text)


def _organization_policy(kind):
    def write(known, text):
        known.call(
            policy_lifecycle.create_policy, Name="written", Type=kind, Content=text, Description=""
        )

    return write


def _put_bucket_policy(known, text):
    """Put a policy on the bucket that it names first."""
    named = re.search(r"arn:aws:s3:::([a-z0-9.-]+)", text)
    name = named[1] if named else written_documents.BUCKET
    bucket = Bucket(account=GLOBAL, name=name, owner=ACCOUNT, region="us-east-1", created=1)
    checked_policy(text.encode(), bucket, known.context().directory)


WRITERS = {
    DocumentKind.MANAGED: _create_policy,
    DocumentKind.BOUNDARY: _create_policy,
    DocumentKind.IDENTITY: lambda known, text: known.call(
        inline_policies.put_role_policy, RoleName="worker", PolicyName="p", PolicyDocument=text
    ),
    DocumentKind.TRUST: lambda known, text: known.call(
        roles.create_role, RoleName="written", AssumeRolePolicyDocument=text
    ),
    DocumentKind.SESSION: lambda _, text: session_policies.check_session_policies(
        {"Policy": text}, account=ACCOUNT
    ),
    DocumentKind.BUCKET: _put_bucket_policy,
    DocumentKind.SCP: _organization_policy(SCP),
    DocumentKind.RCP: _organization_policy(RCP),
    DocumentKind.TAG: _organization_policy(TAG),
    DocumentKind.DELEGATION: lambda known, text: known.call(
        resource_policy.put_resource_policy, Content=text
    ),
}


def refusal(known, kind, text):
    """Return the authority's refusal of a document, None if it stores it; nothing is kept."""
    before = known.directory
    try:
        WRITERS[kind](known, text)
    except (Fault, S3Error) as fault:
        return fault
    finally:
        known.directory = before
    return None


@pytest.mark.parametrize("kind", KINDS, ids=[kind.value for kind in KINDS])
def test_the_authority_refuses_exactly_what_lint_calls_invalid(known, kind) -> None:
    numbers = random.Random(f"{kind.value} is written")
    refused = 0
    for _ in range(WRITTEN):
        text = written_documents.written(numbers, kind)
        fault = refusal(known, kind, text)
        _, findings = policy.lint(text, kind, REFERENCE)
        invalid = [each for each in findings if each.severity == policy.INVALID]

        assert bool(invalid) is (fault is not None), (text, fault, invalid)
        refused += fault is not None
    assert WRITTEN // 10 < refused < WRITTEN * 9 // 10


@pytest.mark.parametrize("kind", [DocumentKind.MANAGED, DocumentKind.TRUST, DocumentKind.SESSION])
def test_lint_says_first_what_the_authority_says(known, kind) -> None:
    numbers = random.Random(f"{kind.value} is told")
    for _ in range(WRITTEN):
        text = written_documents.written(numbers, kind)
        fault = refusal(known, kind, text)
        if isinstance(fault, Malformed):
            _, findings = policy.lint(text, kind, REFERENCE)

            assert findings[0].message == fault.message, text


def parsing_error(text):
    """Return the path at which a text is refused by the parser, in a list; empty if it is not."""
    try:
        parse_document(text)
    except Malformed as fault:
        return [fault.path]
    return []


def test_a_document_is_parsed_exactly_if_it_has_no_syntax_error() -> None:
    numbers = random.Random("syntax")
    for _ in range(WRITTEN * 4):
        text = written_documents.written(numbers, numbers.choice(KINDS))
        try:
            value = read_json(text)
        except InvalidJson:
            continue
        found = [
            each
            for each in syntax_violations(value)
            if "condition operator" not in each.hint and "ForAllValues" not in each.hint
        ]
        paths = [each.path for each in found]
        is_empty = value == {**value, "Statement": []} if isinstance(value, dict) else False

        assert paths[:1] == parsing_error(text) or (is_empty and paths == ["Statement"]), text


def test_every_invalid_finding_says_what_is_wrong_and_where(known) -> None:
    numbers = random.Random("hints")
    for kind in set(KINDS) - {DocumentKind.TAG}:
        for _ in range(WRITTEN // 4):
            text = written_documents.written(numbers, kind)
            findings = policy.lint(text, kind, REFERENCE)[1]
            is_json = not {"json", "duplicate"} & {each.code for each in findings}
            for each in findings:
                assert each.hint or each.code != "invalid" or not is_json, (each, text)
                assert (each.line, each.column) <= (each.end_line, each.end_column)


def test_each_operator_has_awss_spelling() -> None:
    assert sorted(each.lower() for each in OPERATOR_SPELLINGS) == sorted(OPERATORS)
