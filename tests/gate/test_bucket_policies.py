"""Bucket policies over the wire: whom they allow, public access blocks, and unsigned requests."""

import importlib.util
import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from daypass.core.domain.account import Account
from daypass.core.domain.bucket import Bucket
from daypass.core.domain.iam.role import Role
from daypass.core.domain.partition import GLOBAL
from daypass.core.policy.language.parse import parse_document
from daypass.gate.buckets.bucket_policies import checked_policy
from daypass.gate.buckets.bucket_policies import policy_status_xml as policy_status
from daypass.gate.buckets.public_policies import is_public
from daypass.state.changes import Changes, Put
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.tracking_directory import TrackingDirectory

_spec = importlib.util.spec_from_file_location("support", Path(__file__).parents[1] / "conftest.py")
support = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(support)
B = "444455556666"


@pytest.fixture(scope="module")
def live(store_url, tmp_path_factory):
    """An authority of its own, with a second account, that lets unsigned requests read what is
    public.
    """
    for running in support.serving(
        tmp_path_factory.mktemp("public") / "data", store_url, anonymous=True
    ):
        other = Account(account=B, name="other", created=4_000_000_000, canonical_user="b" * 64)
        running.data.committer.submit(Changes(records=[Put(other)]), b"").result()
        yield running


@pytest.fixture
def name(request):
    return "p" + str(abs(hash(request.node.nodeid)))[:16]


@pytest.fixture
def bucket(live, name):
    s3 = live.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="open/may", Body=b"may")
    s3.put_object(Bucket=name, Key="closed/june", Body=b"june")
    return name


@pytest.fixture
def s3(live):
    return live.client("s3")


@pytest.fixture
def other(live):
    """The root of the other account."""
    return live.client("s3", live.root(account=B))


def grant(bucket, principal, action="s3:GetObject", under="open/*", effect="Allow", **more):
    resource = f"arn:aws:s3:::{bucket}/{under}" if under else f"arn:aws:s3:::{bucket}"
    return {
        "Effect": effect,
        "Principal": principal,
        "Action": action,
        "Resource": resource,
        **more,
    }


def put(s3, bucket, *statements, **more):
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document), **more)


def refused(code, call, **params):
    with pytest.raises(ClientError) as error:
        call(**params)
    assert error.value.response["Error"]["Code"] == code, error.value.response["Error"]
    return error.value.response


def test_a_policy_is_kept_shown_and_removed(s3, bucket) -> None:
    refused("NoSuchBucketPolicy", s3.get_bucket_policy, Bucket=bucket)
    refused("NoSuchBucketPolicy", s3.get_bucket_policy_status, Bucket=bucket)
    statement = grant(bucket, {"AWS": B})

    done = put(s3, bucket, statement)
    assert done["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"] == [statement]
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": False}
    for _ in range(2):
        assert s3.delete_bucket_policy(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204
    refused("NoSuchBucketPolicy", s3.get_bucket_policy, Bucket=bucket)


def test_a_policy_changes_what_the_next_request_may_do(s3, other, bucket) -> None:
    where = {"Bucket": bucket, "Key": "open/may"}
    refused("AccessDenied", other.get_object, **where)

    put(s3, bucket, grant(bucket, {"AWS": B}))
    assert other.get_object(**where)["Body"].read() == b"may"
    answer = refused("AccessDenied", other.get_object, Bucket=bucket, Key="closed/june")
    assert answer["Error"]["Message"] == "Access Denied"

    s3.delete_bucket_policy(Bucket=bucket)
    refused("AccessDenied", other.get_object, **where)


def test_across_accounts_the_callers_own_account_must_allow_too(live, s3, bucket, name) -> None:
    iam = live.client("iam", live.root(account=B))
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    theirs = live.client("s3", key)
    put(s3, bucket, grant(bucket, {"AWS": f"arn:aws:iam::{B}:user/{name}"}))
    where = {"Bucket": bucket, "Key": "open/may"}

    refused("AccessDenied", theirs.get_object, **where)
    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    }
    iam.put_user_policy(UserName=name, PolicyName="read", PolicyDocument=json.dumps(document))
    assert theirs.get_object(**where)["Body"].read() == b"may"

    iam.delete_user_policy(UserName=name, PolicyName="read")
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)
    shown = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    assert shown["Statement"][0]["Principal"]["AWS"].startswith("AIDA")
    # A new user of that name is another user.
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="read", PolicyDocument=json.dumps(document))
    again = live.client("s3", iam.create_access_key(UserName=name)["AccessKey"])
    refused("AccessDenied", again.get_object, **where)


def test_at_home_a_user_that_is_named_needs_no_policy_of_its_own(live, s3, bucket, name) -> None:
    key = live.user(name)
    own = live.client("s3", key)
    put(s3, bucket, grant(bucket, {"AWS": f"arn:aws:iam::{live.account}:user/{name}"}))

    assert own.get_object(Bucket=bucket, Key="open/may")["Body"].read() == b"may"
    answer = refused("AccessDenied", own.get_object, Bucket=bucket, Key="closed/june")
    assert (
        "because no identity-based policy allows the s3:GetObject action"
        in answer["Error"]["Message"]
    )
    put(s3, bucket, grant(bucket, "*", effect="Deny"))
    answer = refused("AccessDenied", s3.get_object, Bucket=bucket, Key="open/may")
    assert "with an explicit deny in a resource-based policy" in answer["Error"]["Message"]


BROKEN = [
    ("{", "This policy contains invalid Json"),
    ("", "This policy contains invalid Json"),
    ('{"Statement": [], "Statement": []}', "This policy contains invalid Json"),
    ([{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::BUCKET"}], "Missing required field Principal"),
    ([{"Principal": {"AWS": []}, "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::BUCKET"}], "Missing required field Principal cannot be empty!"),
    ([{"Principal": "*", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::BUCKETx"}], "Policy has invalid resource"),
    ([{"Principal": "*", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}], "Policy has invalid resource"),
    ([{"Principal": "*", "Effect": "Allow", "Action": "ec2:Run", "Resource": "arn:aws:s3:::BUCKET"}], "Policy has invalid action"),
    ([{"Principal": {"AWS": "arn:aws:iam::444455556666:user/nobody"}, "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::BUCKET"}], "Invalid principal in policy"),
    ([{"Principal": {"AWS": "arn:aws:iam::444455556666:user/*"}, "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::BUCKET"}], "Invalid principal in policy"),
    *(([{name: {kind: "*"}, "Effect": effect, "Action": "s3:*", "Resource": "arn:aws:s3:::BUCKET"}], "Invalid principal in policy")
      for kind in ("Service", "Federated", "CanonicalUser") for name, effect in (("Principal", "Allow"), ("Principal", "Deny"), ("NotPrincipal", "Deny"))),
    (' {"Statement": []}', "Policies must be valid JSON and the first byte must be '{'"),
    ("x", "Policies must be valid JSON and the first byte must be '{'"),
    *(([{"Principal": {"Service": name}, "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::BUCKET"}], "Invalid principal in policy")
      for name in ("lambda.amazon.com", "lambda", "10.0.0.1", "lambda.eu-west-1.amazonaws.com")),
    ([{"NotPrincipal": {"AWS": "arn:aws:iam::444455556666:role/nobody"}, "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::BUCKET"}], "Invalid principal in policy"),
    ([{"Principal": "*", "Effect": "allow", "Action": "s3:*", "Resource": "arn:aws:s3:::BUCKET"}], "The policy failed legacy parsing"),
    ([{"Sid": "x" * 21_000, "Principal": "*", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::BUCKET"}], "The policy is larger than 20 KB."),
]  # fmt: skip


@pytest.mark.parametrize(("given", "message"), BROKEN)
def test_a_policy_that_cannot_be_meant_is_refused_and_the_old_one_stays(
    s3, bucket, given, message
) -> None:
    put(s3, bucket, grant(bucket, {"AWS": B}))
    text = (
        given
        if isinstance(given, str)
        else json.dumps({"Version": "2012-10-17", "Statement": given})
    )
    answer = refused(
        "MalformedPolicy",
        s3.put_bucket_policy,
        Bucket=bucket,
        Policy=text.replace("BUCKET", bucket),
    )

    assert answer["Error"]["Message"] == message
    assert B in s3.get_bucket_policy(Bucket=bucket)["Policy"]


def test_a_deny_that_cannot_be_read_denies_and_an_allow_lets_nobody_in(
    live, s3, bucket, name
) -> None:
    own = live.client("s3", live.user(name))
    unread = {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/33"}}
    user = {"AWS": f"arn:aws:iam::{live.account}:user/{name}"}
    put(s3, bucket, grant(bucket, user))
    assert own.get_object(Bucket=bucket, Key="open/may")["Body"].read() == b"may"

    put(s3, bucket, grant(bucket, user), grant(bucket, "*", effect="Deny", Condition=unread))
    answer = refused("AccessDenied", own.get_object, Bucket=bucket, Key="open/may")
    assert "with an explicit deny in a resource-based policy" in answer["Error"]["Message"]
    put(s3, bucket, grant(bucket, user, Condition=unread))
    refused("AccessDenied", own.get_object, Bucket=bucket, Key="open/may")


def test_a_policy_that_locks_its_author_out_must_be_meant(live, bucket, name) -> None:
    key = live.user(name, {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    author = live.client("s3", key)
    deny = grant(bucket, "*", "s3:PutBucketPolicy", under="", effect="Deny")

    with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
        put(author, bucket, deny)
    put(author, bucket, deny, ConfirmRemoveSelfBucketAccess=True)
    with pytest.raises(ClientError, match="explicit deny"):
        put(author, bucket, grant(bucket, {"AWS": B}))
    # The account's root gets back in whatever the policy says.
    live.client("s3").delete_bucket_policy(Bucket=bucket)


def test_another_account_never_holds_a_buckets_policy(s3, other, bucket) -> None:
    put(s3, bucket, grant(bucket, {"AWS": B}, "s3:*", under=""))

    refused("MethodNotAllowed", other.get_bucket_policy, Bucket=bucket)
    refused("MethodNotAllowed", other.delete_bucket_policy, Bucket=bucket)
    assert other.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_public_policy_is_refused_where_that_is_blocked(s3, bucket) -> None:
    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicPolicy": True}
    )
    shown = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]

    assert shown == {
        "BlockPublicAcls": False,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": False,
    }
    with pytest.raises(ClientError, match="AccessDenied"):
        put(s3, bucket, grant(bucket, "*"))
    put(s3, bucket, grant(bucket, {"AWS": B}))


def test_a_public_policy_grants_outsiders_nothing_while_that_is_restricted(
    s3, other, bucket
) -> None:
    put(s3, bucket, grant(bucket, "*"))
    where = {"Bucket": bucket, "Key": "open/may"}
    assert other.get_object(**where)["Body"].read() == b"may"
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": True}

    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True}
    )
    refused("AccessDenied", other.get_object, **where)
    assert s3.get_object(**where)["Body"].read() == b"may"

    s3.delete_public_access_block(Bucket=bucket)
    refused("NoSuchPublicAccessBlockConfiguration", s3.get_public_access_block, Bucket=bucket)
    assert other.get_object(**where)["Body"].read() == b"may"


def read(live, path, **headers):
    return urllib.request.urlopen(urllib.request.Request(f"{live.url}/{path}", headers=headers))  # noqa: S310 - this test's own


def status(live, path, method="GET", **headers):
    request = urllib.request.Request(f"{live.url}/{path}", headers=headers, method=method)  # noqa: S310 - the same
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request)  # noqa: S310 - the same
    error.value.close()
    return error.value.code


def test_an_unsigned_request_reads_what_is_open_to_everybody_and_nothing_else(
    live, s3, bucket
) -> None:
    assert status(live, f"{bucket}/open/may") == 403
    put(s3, bucket, grant(bucket, "*"), grant(bucket, {"AWS": [B, live.account]}, under="closed/*"))

    with read(live, f"{bucket}/open/may") as answer:
        assert answer.read() == b"may"
    assert status(live, f"{bucket}/closed/june") == 403
    assert status(live, f"{bucket}/open/none") == 403
    assert status(live, f"{bucket}?list-type=2") == 403
    assert status(live, f"{bucket}/open/may", "DELETE") == 403
    assert status(live, f"{bucket}/open/may?tagging") == 403
    # Any trace of a signature must verify.
    assert status(live, f"{bucket}/open/may", Authorization="AWS4-HMAC-SHA256 nonsense") == 400
    assert status(live, f"{bucket}/open/may?X-Amz-Signature=x") == 400

    put(s3, bucket, grant(bucket, "*"), grant(bucket, "*", "s3:ListBucket", under=""))
    with read(live, f"{bucket}?list-type=2") as answer:
        assert b"open/may" in answer.read()
    assert status(live, f"{bucket}/open/none") == 404


def test_unsigned_requests_are_refused_unless_the_operator_allows_them(store_url, tmp_path) -> None:
    for closed in support.serving(tmp_path / "data", store_url):
        s3 = closed.client("s3")
        s3.create_bucket(Bucket="closed-to-all")
        s3.put_object(Bucket="closed-to-all", Key="open/may", Body=b"may")
        put(s3, "closed-to-all", grant("closed-to-all", "*"))

        assert status(closed, "closed-to-all/open/may") == 403


def test_tags_of_an_object_count_where_a_buckets_policy_asks(s3, other, bucket) -> None:
    s3.put_object_tagging(
        Bucket=bucket, Key="open/may", Tagging={"TagSet": [{"Key": "public", "Value": "yes"}]}
    )
    put(
        s3,
        bucket,
        grant(
            bucket,
            {"AWS": B},
            under="*",
            Condition={"StringEquals": {"s3:ExistingObjectTag/public": "yes"}},
        ),
    )

    assert other.get_object(Bucket=bucket, Key="open/may")["Body"].read() == b"may"
    refused("AccessDenied", other.get_object, Bucket=bucket, Key="closed/june")


PUBLIC = [
    ("*", {}, True),
    ({"AWS": "*"}, {}, True),
    ({"AWS": ["*", B]}, {}, True),
    ({"AWS": B}, {}, False),
    ({"Service": "logging.s3.amazonaws.com"}, {}, False),
    ("*", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
    ("*", {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/1"]}}, True),
    ("*", {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True),
    ("*", {"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}, False),
    ("*", {"IpAddress": {"aws:SourceIp": "2001:d00::/24"}}, True),
    ("*", {"IpAddress": {"aws:SourceIp": "nonsense"}}, True),
    ("*", {"IpAddress": {"aws:SourceIp": "::ffff:0.0.0.0/96"}}, True),
    ("*", {"IpAddress": {"aws:SourceIp": "::ffff:10.0.0.0/104"}}, False),
    ("*", {"IpAddress": {"aws:SourceIp": "10.0.0.0/255.0.0.0"}}, True),
    ("*", {"StringEquals": {"aws:SourceVpc": "vpc-1"}}, False),
    ("*", {"StringLike": {"aws:SourceVpc": "vpc-*"}}, True),
    ("*", {"StringLike": {"aws:SourceVpc": "vpc-1"}}, False),
    ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
    ("*", {"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalTag/org}"}}, True),
    ("*", {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
    ("*", {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}, True),
    ("*", {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
    ("*", {"StringEquals": {"aws:UserAgent": "me"}}, True),
    ("*", {"StringLike": {"aws:userid": "AROAX:*"}}, True),
    ("*", {"StringEquals": {"aws:userid": "AIDAX"}}, False),
    ("*", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}, True),
    ("*", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"}}, False),
    ("*", {"StringEquals": {"aws:SourceAccount": []}}, True),
    # An anonymous caller brings these itself.
    ("*", {"StringEquals": {"aws:PrincipalAccount": "anonymous"}}, True),
    ("*", {"StringEquals": {"aws:userid": "anonymous"}}, True),
    ("*", {"StringEquals": {"AWS:UserId": ["AIDAX", "anonymous"]}}, True),
    ("*", {"StringEqualsIgnoreCase": {"aws:PrincipalAccount": "ANONYMOUS"}}, True),
    ("*", {"StringLike": {"aws:PrincipalAccount": "anonymous"}}, True),
    ("*", {"StringLike": {"aws:PrincipalAccount": "anonymou?"}}, True),
    ("*", {"StringLike": {"aws:userid": "anonymous"}}, True),
    ("*", {"ForAnyValue:StringEquals": {"aws:userid": "anonymous"}}, True),
    ("*", {"ForAllValues:StringEquals": {"aws:userid": "anonymous"}}, True),
    ("*", {"ForAllValues:StringEquals": {"aws:userid": "AIDAX"}}, True),
    ("*", {"StringEqualsIfExists": {"aws:PrincipalAccount": B}}, True),
    ("*", {"StringNotEquals": {"aws:PrincipalAccount": B}}, True),
    ("*", {"StringNotLike": {"aws:PrincipalAccount": "1*"}}, True),
    ("*", {"StringNotEqualsIgnoreCase": {"aws:userid": "AIDAX"}}, True),
    ("*", {"Null": {"aws:PrincipalAccount": "false"}}, True),
    ("*", {"Null": {"aws:PrincipalArn": "true"}}, True),
    ("*", {"Null": {"aws:PrincipalOrgID": "false"}}, True),
    ("*", {"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}, True),
    ("*", {"StringEquals": {"aws:userid": "${aws:PrincipalAccount}"}}, True),
    ("*", {"StringEquals": {"aws:PrincipalAccount": "${aws:username, 'anonymous'}"}}, True),
    ("*", {"StringEquals": {"aws:PrincipalType": "Anonymous"}}, True),
    ("*", {"StringEquals": {"aws:PrincipalAccount": B}}, False),
    ("*", {"ForAnyValue:StringEquals": {"aws:PrincipalAccount": B}}, False),
    ("*", {"StringEquals": {"aws:PrincipalAccount": "anonymous", "aws:PrincipalOrgID": "o-1"}}, False),
    # What says nothing of who asks.
    ("*", {"StringEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:us-east-1:111122223333:key/1"}}, True),
    ("*", {"StringEquals": {"s3:DataAccessPointAccount": B}}, False),
    # Ranges, whoever spells them.
    ("*", {"IpAddress": {"aws:SourceIp": [f"{first}.0.0.0/8" for first in range(256)]}}, True),
    ("*", {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "11.0.0.0/8"]}}, True),
    ("*", {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16", "2001:db8::/32"]}}, False),
    ("*", {"IpAddress": {"aws:SourceIp": "::ffff:0.0.0.0/96"}}, True),
    ("*", {"IpAddress": {"aws:SourceIp": "::/32"}}, True),
    ("*", {"IpAddress": {"aws:SourceIp": "::ffff:10.0.0.0/104"}}, False),
    ("*", {"IpAddressIfExists": {"aws:SourceIp": "10.0.0.0/8"}}, True),
]  # fmt: skip


@pytest.mark.parametrize(("principal", "condition", "public"), PUBLIC)
def test_what_is_public(principal, condition, public) -> None:
    statement = grant("b", principal, Condition=condition)
    denying = {**statement, "Effect": "Deny"}
    document = lambda each: parse_document(json.dumps({"Statement": [each]}))

    assert is_public(document(statement)) is public
    assert not is_public(document(denying))


@pytest.mark.parametrize("key", ["aws:PrincipalAccount", "aws:userid"])
def test_a_policy_for_anonymous_callers_is_blocked_as_public(s3, bucket, key) -> None:
    everybody = grant(bucket, "*", Condition={"StringEquals": {key: "anonymous"}})
    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicPolicy": True}
    )

    refused(
        "AccessDenied",
        s3.put_bucket_policy,
        Bucket=bucket,
        Policy=json.dumps({"Version": "2012-10-17", "Statement": [everybody]}),
    )
    refused("NoSuchBucketPolicy", s3.get_bucket_policy, Bucket=bucket)


def test_a_policy_that_cannot_be_read_counts_as_public() -> None:
    broken = Bucket(account=GLOBAL, name="b", owner=B, region="r", created=0, policy="{")

    assert policy_status(broken) == "<IsPublic>true</IsPublic>"


def test_whoever_a_policy_names_is_read_however_the_name_is_spelt() -> None:
    text = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::44445555666\\u0036:role\\/r"},"Action":"s3:*","Resource":"arn:aws:s3:::b"}}'
    role = Role(account=B, name="r", unique_id="AROAROLE00000000", created=1, trust="")
    bucket = Bucket(account=GLOBAL, name="b", owner="111122223333", region="us-east-1", created=1)
    directory = TrackingDirectory(Directory().changed([Put(role)], 7))

    assert role.unique_id in checked_policy(text.encode(), bucket, directory)
    assert directory.read == {B: 7}


def test_everybody_but_one_is_public() -> None:
    statement = {
        "Effect": "Allow",
        "NotPrincipal": {"AWS": B},
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::b",
    }

    assert is_public(parse_document(json.dumps({"Statement": [statement]})))
