"""STS through a real client: who may assume which role, for how long, and what a session may do."""

import time

import pytest
from botocore.exceptions import ClientError
from tests.documents import allow, policy


@pytest.fixture
def name(request):
    return "s" + str(abs(hash(request.node.nodeid)))[:16]


def refused(code, call, **params):
    with pytest.raises(ClientError) as error:
        call(**params)
    assert error.value.response["Error"]["Code"] == code, error.value
    return error.value.response["Error"]["Message"]


def arn_of(live, name):
    return f"arn:aws:iam::{live.account}:user/{name}"


def borrow(live, key, arn, **more):
    return live.client("sts", key).assume_role(RoleArn=arn, RoleSessionName="me", **more)


def test_a_user_that_is_trusted_borrows_the_role(live, name) -> None:
    key = live.user(name)
    role = live.role(name, arn_of(live, name), allow("iam:ListUsers"))

    answer = borrow(live, key, role)

    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{live.account}:assumed-role/{name}/me"
    session = answer["Credentials"]
    assert session["AccessKeyId"].startswith("ASIA")
    identity = live.client("sts", session).get_caller_identity()
    assert identity["Arn"] == answer["AssumedRoleUser"]["Arn"]
    assert identity["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    assert live.client("iam", session).list_users()
    refused("AccessDenied", live.client("iam", session).list_roles)


def test_t078_trust_an_account_that_is_trusted_still_lets_its_own_policies_decide(
    live, name
) -> None:
    role = live.role(name, live.account)
    without, with_ = live.user(f"{name}-a"), live.user(f"{name}-b", allow("sts:AssumeRole", role))

    refused("AccessDenied", borrow, live=live, key=without, arn=role)
    assert borrow(live, with_, role)


def test_t076_sts_a_missing_role_and_one_that_does_not_trust_answer_alike(live, name) -> None:
    key = live.user(name, allow("sts:AssumeRole"))
    role = live.role(name, arn_of(live, live.user(f"{name}-x")["UserName"]))
    missing = role.replace(name, f"{name}-missing")

    one = refused("AccessDenied", borrow, live=live, key=key, arn=role)
    other = refused("AccessDenied", borrow, live=live, key=key, arn=missing)

    assert one.replace(role, "ROLE") == other.replace(missing, "ROLE")


def test_trust_that_cannot_be_read_admits_nobody(live, name) -> None:
    key = live.user(name)
    unread = {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/33", "192.0.2.0/24"]}}
    open_role = live.role(name, arn_of(live, name))
    closed = live.role(f"{name}-x", arn_of(live, name), Condition=unread)

    assert borrow(live, key, open_role)
    refused("AccessDenied", borrow, live=live, key=key, arn=closed)


@pytest.mark.parametrize(
    "arn", ["arn:aws:iam::{}:role/", "not-an-arn-but-long-enough", "arn:aws:s3:::bucket-name-here"]
)
def test_a_name_that_is_no_roles_gives_nothing_away(live, name, arn) -> None:
    key = live.user(name)

    with pytest.raises(ClientError) as error:
        borrow(live, key, arn.format(live.account))
    assert error.value.response["Error"]["Code"] in {"ValidationError", "AccessDenied"}


@pytest.mark.parametrize(
    "given",
    [None, "WRONG", "Right-Id", "right-id "],
    ids=["missing", "wrong", "other case", "trailing space"],
)
def test_t081_trust_an_external_id_is_compared_exactly(live, name, given) -> None:
    key = live.user(name)
    role = live.role(
        name, arn_of(live, name), Condition={"StringEquals": {"sts:ExternalId": "right-id"}}
    )
    more = {"ExternalId": given} if given else {}

    with pytest.raises(ClientError) as error:
        borrow(live, key, role, **more)
    assert error.value.response["Error"]["Code"] in {"AccessDenied", "ValidationError"}
    assert borrow(live, key, role, ExternalId="right-id")


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def test_a_role_that_asks_for_mfa_takes_a_code_once(live, name) -> None:
    key = live.user(name)
    serial, code = live.device(name)
    role = live.role(name, arn_of(live, name), Condition=MFA)

    refused("AccessDenied", borrow, live=live, key=key, arn=role)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    message = refused(
        "AccessDenied", borrow, live=live, key=key, arn=role, SerialNumber=serial, TokenCode=wrong
    )
    assert message == "MultiFactorAuthentication failed with invalid MFA one time pass code."
    assert borrow(live, key, role, SerialNumber=serial, TokenCode=code)
    # T161-PORTAL: the same code again is a replay.
    refused(
        "AccessDenied", borrow, live=live, key=key, arn=role, SerialNumber=serial, TokenCode=code
    )


def test_another_users_device_proves_nothing(live, name) -> None:
    key = live.user(name)
    live.user(f"{name}-b")
    serial, code = live.device(f"{name}-b")
    role = live.role(name, arn_of(live, name), Condition=MFA)

    refused(
        "AccessDenied", borrow, live=live, key=key, arn=role, SerialNumber=serial, TokenCode=code
    )
    refused("ValidationError", borrow, live=live, key=key, arn=role, SerialNumber=serial)


def test_t060_sts_a_session_policy_only_takes_away(live, name) -> None:
    key = live.user(name)
    role = live.role(name, arn_of(live, name), allow("iam:ListUsers"))
    everything = borrow(live, key, role, Policy=policy(allow("*")))["Credentials"]
    nothing = borrow(live, key, role, Policy=policy(allow("iam:ListRoles")))["Credentials"]

    assert live.client("iam", everything).list_users()
    refused("AccessDenied", live.client("iam", everything).list_roles)
    for call in ("list_users", "list_roles"):
        refused("AccessDenied", getattr(live.client("iam", nothing), call))


def test_a_managed_session_policy_is_frozen_at_its_version(live, name) -> None:
    iam = live.client("iam")
    key = live.user(name)
    role = live.role(name, arn_of(live, name), allow("iam:*"))
    arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("iam:ListUsers")))[
        "Policy"
    ]["Arn"]
    answer = borrow(live, key, role, PolicyArns=[{"arn": arn}])
    mine = live.client("iam", answer["Credentials"])
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("*")), SetAsDefault=True)

    assert answer["PackedPolicySize"] > 0
    assert mine.list_users()
    refused("AccessDenied", mine.list_roles)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    refused("AccessDenied", mine.list_users)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"Policy": "{"}, "MalformedPolicyDocument"),
        ({"Policy": policy({**allow("*"), "Principal": "*"})}, "MalformedPolicyDocument"),
        ({"Policy": policy(allow("s3:" + "x" * 2048))}, "ValidationError"),
        (
            {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/NoSuchPolicy"}]},
            "MalformedPolicyDocument",
        ),
        (
            {"PolicyArns": [{"arn": "arn:aws:iam::999999999999:policy/Foreign"}]},
            "MalformedPolicyDocument",
        ),
        (
            {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]},
            "InvalidParameterValue",
        ),
        ({"DurationSeconds": 3601}, "ValidationError"),
    ],
    ids=[
        "no JSON",
        "a principal",
        "T069-STS too long",
        "unknown policy",
        "foreign policy",
        "duplicate tags",
        "T066-STS too long",
    ],
)
def test_what_a_session_cannot_be_is_refused(live, name, more, code) -> None:
    key = live.user(name)
    role = live.role(name, arn_of(live, name))

    refused(code, borrow, live=live, key=key, arn=role, **more)


def test_the_longest_session_is_an_outsiders_secret(live, name) -> None:
    key = live.user(name)
    role = live.role(name, arn_of(live, live.user(f"{name}-x")["UserName"]))

    refused("AccessDenied", borrow, live=live, key=key, arn=role, DurationSeconds=43200)


def test_a_chain_is_an_hour_long_and_passes_on_what_is_transitive(live, name) -> None:
    key = live.user(name)
    first = live.role(name, arn_of(live, name), allow("sts:*"))
    second = live.role(
        f"{name}-2",
        first,
        Condition={
            "StringEquals": {"aws:PrincipalTag/team": "data", "aws:SourceIdentity": "alice"}
        },
    )
    live.client("iam").update_role(RoleName=f"{name}-2", MaxSessionDuration=7200)
    answer = borrow(
        live,
        key,
        first,
        Tags=[{"Key": "team", "Value": "data"}, {"Key": "x", "Value": "y"}],
        TransitiveTagKeys=["team"],
        SourceIdentity="alice",
    )
    session = answer["Credentials"]

    assert answer["SourceIdentity"] == "alice"
    message = refused(
        "ValidationError", borrow, live=live, key=session, arn=second, DurationSeconds=3601
    )
    assert "1 hour session limit" in message
    chained = borrow(live, session, second)
    assert chained["SourceIdentity"] == "alice"
    refused("AccessDenied", borrow, live=live, key=session, arn=second, SourceIdentity="bob")
    refused(
        "InvalidParameterValue",
        borrow,
        live=live,
        key=session,
        arn=second,
        Tags=[{"Key": "TEAM", "Value": "z"}],
    )


def test_tags_need_a_permission_of_their_own(live, name) -> None:
    key = live.user(name)
    iam = live.client("iam")
    trust = policy(
        {"Effect": "Allow", "Principal": {"AWS": arn_of(live, name)}, "Action": "sts:AssumeRole"}
    )
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]

    assert borrow(live, key, role)
    assert "sts:TagSession" in refused(
        "AccessDenied", borrow, live=live, key=key, arn=role, Tags=[{"Key": "a", "Value": "b"}]
    )
    assert "sts:SetSourceIdentity" in refused(
        "AccessDenied", borrow, live=live, key=key, arn=role, SourceIdentity="alice"
    )


def test_t074_sts_older_sessions_are_revoked_at_once(live, name) -> None:
    key = live.user(name)
    role = live.role(name, arn_of(live, name), allow("iam:ListUsers"))
    session = live.client("iam", borrow(live, key, role)["Credentials"])
    assert session.list_users()
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))
    revoke = {
        **allow("*"),
        "Effect": "Deny",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": moment}},
    }
    live.client("iam").put_role_policy(
        RoleName=name, PolicyName="AWSRevokeOlderSessions", PolicyDocument=policy(revoke)
    )

    assert "explicit deny" in refused("AccessDenied", session.list_users)


def test_t075_sts_a_session_of_a_recreated_role_is_worth_nothing(live, name) -> None:
    key = live.user(name)
    role = live.role(name, arn_of(live, name))
    session = live.client("sts", borrow(live, key, role)["Credentials"])
    live.client("iam").delete_role(RoleName=name)
    live.role(name, arn_of(live, name))

    refused("InvalidClientTokenId", session.get_caller_identity)


def test_t062_sts_a_restricted_session_cannot_shed_its_policy(live, name) -> None:
    key = live.user(name)
    role = live.role(name, arn_of(live, name), allow("*"))
    session = borrow(live, key, role, Policy=policy(allow("iam:ListUsers")))["Credentials"]

    message = refused("AccessDenied", live.client("sts", session).get_session_token)
    assert message == "Cannot call GetSessionToken with session credentials"
    refused("AccessDenied", borrow, live=live, key=session, arn=role)
    # T061-STS: "itself" is no exemption.
    refused("AccessDenied", live.client("iam", session).create_user, UserName=f"{name}-x")


def test_a_session_token_without_mfa_reaches_no_iam(live, name) -> None:
    key = live.user(name, allow("*"))
    serial, code = live.device(name)
    sts = live.client("sts", key)
    plain = sts.get_session_token()["Credentials"]
    strong = sts.get_session_token(SerialNumber=serial, TokenCode=code)["Credentials"]

    words = refused("InvalidClientTokenId", live.client("iam", plain).list_users)
    assert words == "The security token included in the request is invalid"
    assert live.client("iam", strong).list_users()
    refused("AccessDenied", live.client("sts", plain).get_session_token)
    refused(
        "AccessDenied",
        live.client("sts", plain).get_access_key_info,
        AccessKeyId=key["AccessKeyId"],
    )
    assert live.client("sts", plain).get_caller_identity()["Arn"] == arn_of(live, name)


def test_a_session_token_with_mfa_opens_what_asks_for_mfa(live, name) -> None:
    key = live.user(name)
    serial, code = live.device(name)
    role = live.role(name, arn_of(live, name), Condition=MFA)
    strong = live.client("sts", key).get_session_token(SerialNumber=serial, TokenCode=code)[
        "Credentials"
    ]

    assert borrow(live, strong, role)


def test_an_access_key_id_tells_its_account(live, name) -> None:
    key = live.user(name, allow("sts:GetAccessKeyInfo"))
    sts = live.client("sts", key)

    assert sts.get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"] == live.account
    assert sts.get_access_key_info(AccessKeyId="ASIAQNZGKIQY56JQ7WML")["Account"] == "029608264753"
    refused("ValidationError", sts.get_access_key_info, AccessKeyId="NOTAKEYATALLNOTAKEY1")


def test_t056_sts_a_tampered_token_is_refused(live) -> None:
    root = live.root()
    token = root["SessionToken"]
    for changed in (
        token[:-8],
        token[:20] + ("A" if token[20] != "A" else "B") + token[21:],
        token + "AAAA",
    ):
        sts = live.client("sts", {**root, "SessionToken": changed})
        refused("InvalidClientTokenId", sts.get_caller_identity)
    refused(
        "InvalidClientTokenId",
        live.client("sts", {**root, "SessionToken": None}).get_caller_identity,
    )
    refused(
        "SignatureDoesNotMatch",
        live.client("sts", {**root, "SecretAccessKey": "x" * 40}).get_caller_identity,
    )


def test_t059_sts_a_session_ends_when_it_says(live) -> None:
    over = live.root(seconds=-1)

    assert refused("ExpiredToken", live.client("sts", over).get_caller_identity)
