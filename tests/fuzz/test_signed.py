"""Random signed requests: forms, JSON, policies and tokens never cause an internal error."""

import http.client
import json
import os
import urllib.parse

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import serving

from daypass.services.registry import SERVICES
from daypass.wire import catalog

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))
QUIET = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
TEXT = st.text(max_size=30) | st.sampled_from(
    ["", "*", "${aws:username}", "${", "arn:aws:iam::111122223333:role/x", "arn:aws:iam::aws:policy/AdministratorAccess", "\0", "\ud7ff", "9" * 400, "1e999", "-1", "a" * 3000, "%00", "]]>", "{}"]
)  # fmt: skip


@pytest.fixture(scope="module")
def live(store_url, tmp_path_factory):
    """An authority of its own: what is made here at random is in nobody else's way."""
    yield from serving(tmp_path_factory.mktemp("fuzzed") / "data", store_url)


def send(live, service, body, kind, session=None, target=None):
    found = session or live.root()
    credentials = Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
    headers = {"content-type": kind} | ({"x-amz-target": target} if target else {})
    request = AWSRequest("POST", live.url + "/", headers=headers, data=body)
    SigV4Auth(credentials, service, "us-east-1").add_auth(request)
    url = urllib.parse.urlsplit(live.url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
    connection.request("POST", "/", body, dict(request.headers.items()))
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def check(answer):
    status, content = answer
    assert status < 500 or status == 501, content
    assert b"Traceback" not in content


CATALOG = catalog.load_catalog(SERVICES)
NAMES = [
    (service, name)
    for service in ("iam", "sts")
    for name in sorted(CATALOG.services[service].operations)
    if not name.startswith(("Delete", "Remove"))
]
VERSION = {"iam": "2010-05-08", "sts": "2011-06-15"}
FIELDS = [
    "RoleArn",
    "RoleSessionName",
    "UserName",
    "RoleName",
    "PolicyDocument",
    "Policy",
    "DurationSeconds",
    "Tags.member.1.Key",
    "Tags.member.1.Value",
    "Tags.member.x.Key",
    "Tags.entry.1.key",
    "Marker",
    "MaxItems",
    "Path",
    "PolicyArns.member.1.arn",
    "TokenCode",
    "SerialNumber",
    "AssumeRolePolicyDocument",
    "PathPrefix",
    "AccessKeyId",
    ".",
    "Tags.member.99999999999.Key",
]


@QUIET
@given(
    st.sampled_from(NAMES),
    st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), TEXT, max_size=6),
)
def test_t258_dos_any_signed_form_is_answered(live, operation, fields) -> None:
    service, name = operation
    body = urllib.parse.urlencode({"Action": name, "Version": VERSION[service], **fields})

    check(send(live, service, body, "application/x-www-form-urlencoded; charset=utf-8"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
TARGETS = [
    "AWSOrganizationsV20161128.CreatePolicy",
    "SWBExternalService.CreateInstance",
    "AWSIdentityStore.ListUsers",
    "AWSIdentityStore.Nothing",
    "x",
]


@QUIET
@given(st.sampled_from(TARGETS), JSON | st.sampled_from(["{", "[" * 2_000]))
def test_t258_dos_any_signed_json_is_answered(live, target, value) -> None:
    body = value if isinstance(value, str) else json.dumps(value)

    service = "organizations" if "Organizations" in target else "identitystore"
    check(
        send(
            live,
            service,
            body.encode(errors="replace"),
            "application/x-amz-json-1.1",
            target=target,
        )
    )


KEY = st.sampled_from(
    [
        "aws:PrincipalTag/x",
        "aws:SourceIp",
        "aws:CurrentTime",
        "s3:prefix",
        "",
        "aws:PrincipalTag/" + "y" * 300,
    ]
)
OPERATOR = st.sampled_from(
    [
        "StringLike",
        "StringEqualsIfExists",
        "ForAllValues:StringLike",
        "NumericLessThan",
        "DateGreaterThan",
        "IpAddress",
        "Bool",
        "Null",
        "BinaryEquals",
        "ArnLike",
        "Nope",
        "ForSomeValues:StringLike",
    ]
)
STATEMENT = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny", "allow", 1])},
    optional={
        "Action": TEXT | st.lists(TEXT, max_size=2),
        "NotAction": TEXT,
        "Resource": TEXT | st.lists(TEXT, max_size=2) | st.none(),
        "Principal": TEXT
        | st.dictionaries(st.sampled_from(["AWS", "Service", "Nobody"]), TEXT, max_size=2),
        "Condition": st.dictionaries(
            OPERATOR,
            st.dictionaries(KEY, TEXT | st.lists(TEXT, max_size=2) | st.integers(), max_size=2),
            max_size=2,
        )
        | TEXT,
        "Sid": TEXT,
    },
)
POLICY = st.fixed_dictionaries(
    {"Statement": st.lists(STATEMENT, max_size=2) | STATEMENT | TEXT},
    optional={
        "Version": st.sampled_from(["2012-10-17", "2008-10-17", "2030-01-01", 1]),
        "Id": TEXT,
        "Extra": TEXT,
    },
)


@QUIET
@given(POLICY | JSON, st.booleans())
def test_t258_dos_any_policy_is_answered(live, fuzzed, document, is_trust) -> None:
    text = json.dumps(document)
    fields = {"PolicyDocument": text, "RoleName": fuzzed}
    action = "UpdateAssumeRolePolicy" if is_trust else "PutRolePolicy"
    if not is_trust:
        fields["PolicyName"] = "fuzzed"
    body = urllib.parse.urlencode({"Action": action, "Version": VERSION["iam"], **fields})

    check(send(live, "iam", body, "application/x-www-form-urlencoded"))


@pytest.fixture(scope="module")
def fuzzed(live):
    live.role("fuzzed", f"arn:aws:iam::{live.account}:root")
    return "fuzzed"


@QUIET
@given(st.data())
def test_t258_dos_any_spoilt_token_is_refused(live, data) -> None:
    session = live.root()
    token = session["SessionToken"]
    at = data.draw(st.integers(1, len(token) - 1))
    spoilt = data.draw(
        st.sampled_from(
            [token[:at], token[at:], token[:at] + "A" + token[at:], token + "=", token.swapcase()]
        )
        | st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=80)
    )
    status, content = send(
        live,
        "sts",
        "Action=GetCallerIdentity&Version=2011-06-15",
        "application/x-www-form-urlencoded",
        session={**session, "SessionToken": spoilt},
    )

    assert status in {400, 403}, content
