"""Attacks on an organization that must fail: by members, neighbours, strangers, races.

The ids are those of the principles that each attack tries to break.
"""

import base64
import hashlib
import http.client
import json
import socket
import time
import urllib.parse

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from msgspec.structs import replace
from tests.documents import deny, policy
from tests.services.organizations.conftest import (
    ALL,
    HARMLESS,
    RCP,
    SCP,
    TAG,
    denied,
    founded,
    fresh,
    refused,
    tag_policy,
)

from daypass.core import quotas
from daypass.core.domain.bucket import Bucket
from daypass.core.domain.iam.user import User
from daypass.core.domain.organizations.account_creation import AccountCreation
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.faults import Invalid
from daypass.core.organizations.policies import inheritance
from daypass.server.operator.control_socket import AdoptBuckets
from daypass.server.operator.operator_changes import plan_change
from daypass.state.changes import Changes, Put, Remove

EVERYBODY = policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})


def code(call, **params):
    """Make a call and return the code of its refusal; empty if it is allowed."""
    try:
        call(**params)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""


# Who counts as a service.


@pytest.mark.parametrize(
    "path",
    [
        "/x:role/aws-service-role/",
        "/x:role/aws-service-role/organizations.amazonaws.com/",
        "//aws-service-role/",
        "/AWS-Service-Role/",
        "/x/aws-service-role/",
    ],
)
def test_t234_priv_a_path_that_looks_like_a_services_takes_no_role_out_from_under_an_scp(
    org, path
) -> None:
    member = org.account()
    iam, name = org.client("iam", member), fresh("AWSServiceRoleFor")
    arn = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=EVERYBODY)["Role"][
        "Arn"
    ]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy(ALL))
    user = org.user(member, ALL)
    session = org.client("sts", key=user).assume_role(RoleArn=arn, RoleSessionName="me")[
        "Credentials"
    ]
    org.policy(policy(deny("iam:*")), on=member)

    denied(org.client("iam", key=session).list_users)


def test_t234_priv_a_name_like_a_services_takes_nobody_out_from_under_an_scp(org) -> None:
    member = org.account()
    iam = org.client("iam", member)
    user = iam.create_user(
        UserName="AWSServiceRoleForOrganizations",
        Path="/aws-service-role/organizations.amazonaws.com/",
    )
    iam.put_user_policy(
        UserName=user["User"]["UserName"], PolicyName="a", PolicyDocument=policy(ALL)
    )
    key = iam.create_access_key(UserName=user["User"]["UserName"])["AccessKey"]
    org.policy(policy(deny("iam:*")), on=member)

    denied(org.client("iam", key=key).list_users)


# Requests that wait while the world changes.


class Waiting:
    """A signed S3 request whose body has not been sent yet."""

    def __init__(self, org, key, method, path, body, region="us-east-1"):
        url = urllib.parse.urlsplit(org.live.url)
        digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        request = AWSRequest(
            method, f"{org.live.url}{path}", data=body, headers={"Content-MD5": digest}
        )
        S3SigV4Auth(
            Credentials(key["AccessKeyId"], key["SecretAccessKey"], key.get("SessionToken")),
            "s3",
            region,
        ).add_auth(request)
        self._body = body
        self._connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
        self._connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in request.headers.items():
            self._connection.putheader(name, value)
        self._connection.putheader("Content-Length", str(len(body)))
        self._connection.putheader("Expect", "100-continue")
        self._connection.endheaders()
        # Whoever says so has proved the caller, and waits for the body.
        said = b"HTTP/1.1 100 Continue\r\n\r\n"
        assert self._connection.sock.recv(len(said), socket.MSG_WAITALL) == said

    def finish(self):
        """Send the body; return the answer's status and text."""
        self._connection.send(self._body)
        answer = self._connection.getresponse()
        found = answer.status, answer.read().decode()
        self._connection.close()
        return found


TAGGING = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
CONFIGURATION = b"<CreateBucketConfiguration></CreateBucketConfiguration>"


@pytest.fixture
def tagger(org):
    """A member's user who may do everything by one policy, and a bucket of the account."""
    org.member = org.account()
    org.bucket = fresh("bucket")
    iam, org.name = org.client("iam", org.member), fresh("tagger")
    iam.create_user(UserName=org.name)
    iam.put_user_policy(UserName=org.name, PolicyName="all", PolicyDocument=policy(ALL))
    org.key = iam.create_access_key(UserName=org.name)["AccessKey"]
    org.client("s3", key=org.key).create_bucket(Bucket=org.bucket)
    return org


def test_the_request_that_waits_is_carried_out_where_nothing_changed(tagger) -> None:
    waiting = Waiting(tagger, tagger.key, "PUT", f"/{tagger.bucket}?tagging=", TAGGING)
    tagger.client("iam", tagger.member).create_user(UserName=fresh())

    assert waiting.finish()[0] in {200, 204}


def test_t309_ha_what_was_taken_from_a_user_is_not_used_by_a_request_that_waited(tagger) -> None:
    waiting = Waiting(tagger, tagger.key, "PUT", f"/{tagger.bucket}?tagging=", TAGGING)
    iam = tagger.client("iam", tagger.member)
    iam.delete_user_policy(UserName=tagger.name, PolicyName="all")

    assert waiting.finish()[0] == 403
    # Nor does what it remembered of the user count for anything else.
    denied(tagger.client("iam", key=tagger.key).list_users)


def test_t309_ha_objects_stay_for_a_request_that_waited_while_the_permission_went(tagger) -> None:
    body = b"<Delete><Object><Key>k</Key></Object></Delete>"
    tagger.client("s3", key=tagger.key).put_object(Bucket=tagger.bucket, Key="k", Body=b"kept")
    waiting = Waiting(tagger, tagger.key, "POST", f"/{tagger.bucket}?delete=", body)
    tagger.client("iam", tagger.member).delete_user_policy(UserName=tagger.name, PolicyName="all")
    status, text = waiting.finish()

    assert (status, "<Code>AccessDenied</Code>" in text) in {(200, True), (403, True)}
    kept = tagger.client("s3", tagger.member).get_object(Bucket=tagger.bucket, Key="k")
    assert kept["Body"].read() == b"kept"


@pytest.mark.parametrize("how", ["deactivated", "deleted"])
def test_t309_ha_a_key_that_is_gone_is_not_used_by_a_request_that_waited(tagger, how) -> None:
    waiting = Waiting(tagger, tagger.key, "PUT", f"/{tagger.bucket}?tagging=", TAGGING)
    iam, key = tagger.client("iam", tagger.member), tagger.key["AccessKeyId"]
    if how == "deactivated":
        iam.update_access_key(UserName=tagger.name, AccessKeyId=key, Status="Inactive")
    else:
        iam.delete_access_key(UserName=tagger.name, AccessKeyId=key)

    assert waiting.finish()[0] == 403


@pytest.mark.parametrize(("path", "body"), [("?tagging=", TAGGING), ("-new", CONFIGURATION)])
def test_t309_ha_an_scp_that_came_meanwhile_holds_for_a_request_that_waited(
    tagger, path, body
) -> None:
    waiting = Waiting(tagger, tagger.key, "PUT", f"/{tagger.bucket}{path}", body)
    tagger.policy(policy(deny("s3:*")), on=tagger.member)

    assert waiting.finish()[0] == 403


@pytest.mark.parametrize(("path", "body"), [("?tagging=", TAGGING), ("-new", CONFIGURATION)])
def test_t309_ha_an_account_that_was_closed_meanwhile_changes_nothing(tagger, path, body) -> None:
    waiting = Waiting(tagger, tagger.key, "PUT", f"/{tagger.bucket}{path}", body)
    tagger.o.close_account(AccountId=tagger.member)

    assert waiting.finish()[0] == 403
    assert f"{tagger.bucket}-new" not in {each.name for each in tagger.directory.of(Bucket)}


# Commits that others come before.


def coming_first(org, monkeypatch, kind, first):
    """Commit a change just before the next commit of a record of some kind."""
    committer = org.live.data.committer
    submit, waiting = committer.submit, [first]

    def interposed(changes, event):
        if waiting and any(change.record.kind == kind for change in changes.records):
            submit(Changes(waiting.pop()()), b"")
        return submit(changes, event)

    monkeypatch.setattr(committer, "submit", interposed)


def test_t309_ha_a_permission_that_is_taken_away_first_writes_no_policy(org, monkeypatch) -> None:
    key = org.user(None, {"Effect": "Allow", "Action": "organizations:*", "Resource": "*"})
    [user] = list(org.directory.account(org.management).of(User))
    coming_first(org, monkeypatch, "organization_policy", lambda: [Put(replace(user, inline=()))])

    denied(org.client(key=key).create_policy, Content=HARMLESS, Description="", Name="n", Type=SCP)
    assert len(org.o.list_policies(Filter=SCP)["Policies"]) == 1


def test_t309_ha_a_delegated_policy_manager_whose_user_changes_first_writes_nothing(
    org, monkeypatch
) -> None:
    member = org.account()
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": member},
        "Action": "organizations:CreatePolicy",
        "Resource": "*",
    }
    org.o.put_resource_policy(Content=policy(statement))
    key = org.user(member, ALL)
    [user] = list(org.directory.account(member).of(User))
    coming_first(org, monkeypatch, "organization_policy", lambda: [Remove(user)])

    assert code(
        org.client(key=key).create_policy, Content=HARMLESS, Description="", Name="n", Type=SCP
    )
    assert len(org.o.list_policies(Filter=SCP)["Policies"]) == 1


def test_t309_ha_an_scp_that_is_first_holds_for_what_a_member_writes(org, monkeypatch) -> None:
    member = org.account()
    made = org.policy(policy(deny("iam:CreateUser")))
    place = org.view().of(Member).get(member)
    after = replace(place, attached=(*place.attached, made["Id"]))
    coming_first(org, monkeypatch, "user", lambda: [Put(after)])

    denied(org.client("iam", member).create_user, UserName="u")


def test_t309_ha_an_account_that_is_closed_first_writes_nothing(org, monkeypatch) -> None:
    member = org.account()
    record = org.record(member)
    coming_first(org, monkeypatch, "user", lambda: [Put(replace(record, closed=int(time.time())))])

    assert code(org.client("iam", member).create_user, UserName="u") == "InvalidClientTokenId"


def test_t309_ha_a_bucket_changes_for_nobody_once_its_owner_is_under_another_organization(
    org, monkeypatch
) -> None:
    owner, bucket = org.standalone(), fresh("bucket")
    org.client("s3", owner).create_bucket(Bucket=bucket)
    writer = org.account()
    lets = {
        "Effect": "Allow",
        "Principal": {"AWS": writer},
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{bucket}",
    }
    org.client("s3", owner).put_bucket_policy(Bucket=bucket, Policy=policy(lets))
    org.enable(RCP)
    org.policy(policy(deny("s3:*", Principal="*")), kind=RCP, on=org.unit())
    record = org.record(owner)
    coming_first(
        org, monkeypatch, "bucket", lambda: [Put(replace(record, closed=int(time.time())))]
    )

    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    assert (
        code(org.client("s3", writer).put_bucket_tagging, Bucket=bucket, Tagging=tags)
        == "AllAccessDisabled"
    )


# What an organization's policies say is not for those below them.


def message_of(call, **params):
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["EncodedAuthorizationMessage"]


def opened(sts, message):
    return sts.decode_authorization_message(EncodedMessage=message)["DecodedMessage"]


@pytest.fixture
def secret(org):
    """A member that was refused by an SCP with a secret in it, and the encoded message."""
    org.member = org.account()
    fence = deny(
        "iam:CreateUser",
        Sid="Secret",
        Condition={"StringNotEquals": {"aws:PrincipalTag/secret": "hidden"}},
    )
    org.fence = org.policy(policy(fence), on=org.member)["Id"]
    org.message = message_of(org.client("iam", org.member).create_user, UserName="u")
    return org


def test_p_priv_1_who_leaves_an_organization_does_not_learn_what_it_forbade(secret) -> None:
    secret.o.remove_account_from_organization(AccountId=secret.member)

    found = opened(secret.client("sts", secret.member), secret.message)
    assert json.loads(found)["because"]["layer"] == "service control policy"
    assert "hidden" not in found
    assert "Secret" not in found


def test_p_priv_1_who_leaves_and_founds_an_organization_is_not_the_one_that_forbade(secret) -> None:
    secret.o.remove_account_from_organization(AccountId=secret.member)
    secret.client(account=secret.member).create_organization()

    assert "hidden" not in opened(secret.client("sts", secret.member), secret.message)


def test_p_priv_1_the_next_organization_does_not_read_what_the_last_one_forbade(
    first, secret
) -> None:
    secret.o.remove_account_from_organization(AccountId=secret.member)
    other = founded(first)
    sent = other.o.invite_account_to_organization(Target={"Id": secret.member, "Type": "ACCOUNT"})
    secret.client(account=secret.member).accept_handshake(HandshakeId=sent["Handshake"]["Id"])

    assert (
        code(other.client("sts").decode_authorization_message, EncodedMessage=secret.message)
        == "InvalidAuthorizationMessageException"
    )
    assert "hidden" not in opened(secret.client("sts", secret.member), secret.message)


def test_p_priv_1_the_management_account_reads_its_members_messages_alone(secret) -> None:
    found = opened(secret.client("sts"), secret.message)

    assert "hidden" in found
    assert "organization" not in json.loads(found)


def test_p_priv_1_a_member_is_not_told_of_policies_that_were_not_in_its_way(secret) -> None:
    other = secret.policy(policy(deny("ram:*", Sid="Other")), on=secret.member)["Name"]
    message = message_of(secret.client("iam", secret.member).create_user, UserName="u")

    assert other not in opened(secret.client("sts", secret.member), message)
    assert other in opened(secret.client("sts"), message)


def test_p_priv_1_the_simulator_does_not_tell_which_keys_an_scp_asks_for(org) -> None:
    member = org.account()
    fence = deny("iam:GetUser", Condition={"StringEquals": {"aws:PrincipalTag/secret": "hidden"}})
    org.policy(policy(fence), on=member)
    role = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    found = org.client("iam", member).simulate_principal_policy(
        PolicySourceArn=role, ActionNames=["iam:GetUser"]
    )

    assert "secret" not in json.dumps(found["EvaluationResults"])


# What is delegated is delegated to somebody, not to a name.


def test_t075_sts_a_new_user_of_an_old_name_inherits_nothing_that_was_delegated(org) -> None:
    member = org.account()
    iam = org.client("iam", member)

    def user():
        iam.create_user(UserName="alice")
        iam.put_user_policy(UserName="alice", PolicyName="all", PolicyDocument=policy(ALL))
        return iam.create_access_key(UserName="alice")["AccessKey"]

    key = user()
    arn = f"arn:aws:iam::{member}:user/alice"
    content = policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": arn},
            "Action": "organizations:ListRoots",
            "Resource": "*",
        }
    )
    org.o.put_resource_policy(Content=content)
    shown = org.o.describe_resource_policy()["ResourcePolicy"]["Content"]
    assert json.loads(shown) == json.loads(content)
    assert org.client(key=key).list_roots()["Roots"]
    iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName="alice", PolicyName="all")
    iam.delete_user(UserName="alice")

    refused("AccessDenied", org.client(key=user()).list_roots)


@pytest.mark.parametrize(
    "name", ["user/nobody", "role/nobody", "user/*", "role/OrganizationAccount*"]
)
def test_p_trust_1_nothing_is_delegated_to_a_name_that_nobody_has(org, name) -> None:
    arn = f"arn:aws:iam::{org.account()}:{name}"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": arn},
        "Action": "organizations:ListRoots",
        "Resource": "*",
    }

    refused(
        "InvalidInput", org.o.put_resource_policy, "INVALID_PRINCIPAL", Content=policy(statement)
    )


# What is written may not break what reads it.


@pytest.mark.parametrize("content", [
    {"tags": {"@@assign": "x"}},
    {"tags": {"team": {"@@assign": "x"}}},
    {"tags": {"team": {"tag_key": {"@@assign": ["team"]}}}},
    {"tags": {"team": {"tag_key": {"@@assign": 1}}}},
    {"tags": {"team": {"tag_key": {"x": {"@@assign": "team"}}}}},
    {"tags": {"team": {"tag_value": {"@@assign": 5}}}},
    {"tags": {"team": {"tag_value": {"@@append": [5]}}}},
    {"tags": {"team": {"enforced_for": {"@@assign": "iam:user"}}}},
    {"tags": {"team": {"enforced_for": {"@@assign": True}}}},
    {"tags": {"team": {"else": {"@@assign": ["x"]}}}},
    {"team": {"tag_key": {"@@assign": "team"}}},
], ids=json.dumps)  # fmt: skip
def test_t210_pol_a_tag_policy_that_nothing_can_be_read_from_is_not_kept(shared, content) -> None:
    refused(
        "MalformedPolicyDocument",
        shared.o.create_policy,
        Content=json.dumps(content),
        Description="",
        Name=fresh(),
        Type=TAG,
    )


def test_p_dos_3_a_tag_policy_that_was_kept_all_the_same_breaks_nothing(org) -> None:
    org.enable(TAG)
    made = org.policy(tag_policy(), kind=TAG, on=org.root)["Id"]
    iam = org.client("iam")
    for content in (
        {"tags": {"@@assign": "x"}},
        {"tags": {"team": {"@@assign": 1}}},
        {"tags": {"team": {"enforced_for": {"@@assign": True}, "tag_value": {"@@assign": 5}}}},
    ):
        org.put(replace(org.view().of(OrganizationPolicy).get(made), content=json.dumps(content)))
        iam.create_user(UserName=fresh(), Tags=[{"Key": "team", "Value": "x"}])


# Addresses.


def test_p_priv_4_an_address_that_is_made_up_for_an_account_is_nobody_elses_to_take(org) -> None:
    for account in (org.management, "111122223333"):
        failed = org.o.create_account(AccountName="n", Email=f"Root+{account}@DayPass.invalid")
        told = org.o.describe_create_account_status(
            CreateAccountRequestId=failed["CreateAccountStatus"]["Id"]
        )
        # Alike for an account that there is and one that there is not.
        assert told["CreateAccountStatus"]["FailureReason"] == "INVALID_EMAIL"


# What grows.


def test_p_dos_1_requests_to_create_accounts_do_not_pile_up(org, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "ACCOUNT_CREATIONS_MAX", 5)
    for _ in range(8):
        org.o.create_account(AccountName="n", Email="a@b.c.")

    kept = org.o.list_create_account_status()["CreateAccountStatuses"]
    last = org.o.create_account(AccountName="n", Email="a@b.c.")["CreateAccountStatus"]["Id"]
    assert len(kept) == 5
    assert len(org.view().of(AccountCreation)) == 5
    assert org.o.describe_create_account_status(CreateAccountRequestId=last)


def test_the_policies_of_many_accounts_are_merged_once(org, monkeypatch) -> None:
    org.enable(TAG)
    unit = org.unit()
    org.policy(tag_policy(), kind=TAG, on=unit)
    for _ in range(5):
        org.account(parent=unit)
    merged = []
    whole = inheritance.effective_policy_in_steps
    monkeypatch.setattr(
        inheritance,
        "effective_policy_in_steps",
        lambda *given: merged.append(given) or whole(*given),
    )
    org.o.list_accounts_with_invalid_effective_policy(PolicyType=TAG)

    # Above the management account hangs nothing; for all the others it is merged once.
    assert len([levels for (levels,) in merged if levels]) == 1


# Who joins, leaves, answers.


def test_p_priv_1_only_the_target_of_an_invitation_sees_or_answers_it(first, org) -> None:
    guest, stranger = founded(first), founded(first)
    sent = org.o.invite_account_to_organization(Target={"Id": guest.management, "Type": "ACCOUNT"})
    known, nobodys = sent["Handshake"]["Id"], "h-" + "0" * 10
    for act in ("accept_handshake", "decline_handshake", "cancel_handshake", "describe_handshake"):
        for account in (stranger.management, org.account()):
            answers = [
                refused(
                    "HandshakeNotFound", getattr(org.client(account=account), act), HandshakeId=each
                )["Error"]
                for each in (known, nobodys)
            ]
            assert answers[0] == answers[1]


def test_t236_priv_a_page_token_is_good_for_its_account_and_its_operation_alone(org) -> None:
    member = org.account()
    org.account()
    org.delegate(member)
    token = org.o.list_accounts(MaxResults=1)["NextToken"]

    refused(
        "InvalidInput",
        org.client(account=member).list_accounts,
        "INVALID_NEXT_TOKEN",
        NextToken=token,
    )
    refused(
        "InvalidInput",
        org.o.list_accounts_for_parent,
        "INVALID_NEXT_TOKEN",
        ParentId=org.root,
        NextToken=token,
    )
    refused("InvalidInput", org.o.list_accounts, "INVALID_NEXT_TOKEN", NextToken=token[:-2] + "AA")


def test_p_priv_1_what_a_request_says_beside_its_members_is_no_condition_key(org) -> None:
    member = org.account()
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": member},
        "Action": "organizations:TagResource",
        "Resource": "*",
        "Condition": {"StringEquals": {"organizations:PolicyType": TAG}},
    }
    org.o.put_resource_policy(Content=policy(statement))
    own = org.client(account=member)

    def also(params, **_):
        body = json.loads(params["body"])
        params["body"] = json.dumps(
            {**body, "PolicyType": TAG, "Type": TAG, "Filter": TAG}
        ).encode()

    own.meta.events.register("before-call.organizations.TagResource", also)
    denied(own.tag_resource, ResourceId=member, Tags=[{"Key": "a", "Value": "b"}])


def test_p_sts_2_sessions_from_before_an_account_left_or_was_closed_do_nothing_there(org) -> None:
    member = org.account()
    org.delegate(member)
    session = org.inside(member)
    own = org.client(key=session)
    assert own.list_accounts()["Accounts"]
    org.o.deregister_delegated_administrator(
        AccountId=member, ServicePrincipal="account.amazonaws.com"
    )
    refused("AccessDenied", own.list_accounts)
    org.o.remove_account_from_organization(AccountId=member)

    refused("AWSOrganizationsNotInUse", own.list_accounts)
    refused("AWSOrganizationsNotInUse", own.describe_organization)


@pytest.mark.parametrize("name", ["aws:PrincipalOrgPaths", "aws:ResourceOrgPaths"])
@pytest.mark.parametrize("deep", [False, True])
def test_p_gate_4_an_organizations_paths_are_its_parents_for_every_account(org, name, deep) -> None:
    parent = org.unit(parent=org.unit()) if deep else org.root
    member = org.account(parent=parent if deep else None)
    path = org.view().path(parent)
    wanted = f"{path}*" if deep else path
    may = {"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}
    get = {
        "Effect": "Allow",
        "Action": "iam:GetRole",
        "Resource": "*",
        "Condition": {"ForAnyValue:StringLike": {name: wanted}},
    }
    for account in (member, *([] if deep else [org.management])):
        iam = org.client("iam", account, key=org.user(account, may, get))
        iam.get_role(RoleName="AWSServiceRoleForOrganizations")
    if deep:
        iam = org.client("iam", key=org.user(None, may, get))
        denied(iam.get_role, RoleName="AWSServiceRoleForOrganizations")


def test_p_pol_1_nobody_reaches_a_bucket_that_an_rcp_closed_not_even_unsigned(org) -> None:
    member, bucket = org.account(), fresh("bucket")
    s3 = org.client("s3", member)
    s3.create_bucket(Bucket=bucket)
    everybody = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(everybody))
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    org.enable(RCP)
    fence = deny(
        "s3:*", Principal="*", Condition={"StringNotEqualsIfExists": {"aws:PrincipalOrgID": org.id}}
    )
    org.policy(policy(fence), kind=RCP, on=member)

    assert s3.get_object(Bucket=bucket, Key="k")
    url = urllib.parse.urlsplit(org.live.url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
    connection.request("GET", f"/{bucket}/k")
    assert connection.getresponse().status == 403
    connection.close()
    assert (
        code(org.client("s3", org.standalone()).get_object, Bucket=bucket, Key="k")
        == "AccessDenied"
    )


def test_p_ha_2_a_closed_account_is_given_no_bucket_of_the_store(org) -> None:
    member = org.account()
    asked = AdoptBuckets(names=(fresh("bucket"),), region="us-east-1", account=member)
    assert plan_change(asked, org.directory, now=int(time.time()))[1].records
    org.o.close_account(AccountId=member)

    with pytest.raises(Invalid, match="closed"):
        plan_change(asked, org.directory, now=int(time.time()))
