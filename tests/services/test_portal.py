"""The portal's operations on a running server: who is let in, by what, and with which answer."""

import json

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace
from tests.conftest import serving
from tests.documents import deny, policy
from tests.services import portal_records as records
from tests.services.portal_live import (
    TOKEN_HEADER,
    LivePortal,
    named_as_sts,
    opened_for,
    portal_client,
)
from tests.services.portal_records import ADMIN, MEMBER, OTHER, READ_ONLY

from daypass.core.domain.identity_center.network_lock import NetworkLock
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.identity_center.portal.portal_tokens import PortalToken, seal_portal_token
from daypass.core.organizations.policies.policy_types import SCP
from daypass.core.sigv4.sign import Signer
from daypass.server import clock
from daypass.server.audit.log_lines import read_log
from daypass.server.settings import setting_values

INVALID = "Session token not found or invalid"
OPERATIONS = {
    "GetRoleCredentials": ("GET", f"/federation/credentials?role_name=Admin&account_id={MEMBER}"),
    "ListAccounts": ("GET", "/assignment/accounts"),
    "ListAccountRoles": ("GET", f"/assignment/roles?account_id={MEMBER}"),
    "Logout": ("POST", "/logout"),
}
operations = pytest.mark.parametrize(("method", "path"), OPERATIONS.values(), ids=OPERATIONS)


@pytest.fixture(scope="module")
def portal(store_url, tmp_path_factory):
    path = tmp_path_factory.mktemp("portal") / "data"
    for live in serving(path, store_url):
        yield LivePortal(live)


@pytest.fixture
def who(portal):
    return portal.newcomer((MEMBER, ADMIN), (OTHER, READ_ONLY))


@pytest.fixture
def token(portal, who):
    return portal.open_session(who).token


def error(answer):
    """Return the status, the code and the message of a refusal, in the portal's own shape."""
    status, headers, body = answer
    assert headers["content-type"] == "application/json"
    found = json.loads(body)
    assert set(found) == {"message"}
    return status, headers["x-amzn-errortype"], found["message"]


def events(portal, operation):
    found = [line.event for line in read_log(portal.live.data.audit.path)]
    return [each for each in found if each.operation == operation]


def refused(code, call, **params):
    with pytest.raises(ClientError) as found:
        call(**params)
    assert found.value.response["Error"]["Code"] == code, found.value
    return found.value.response["Error"]["Message"]


# What boto3 sees.


def test_a_person_lists_and_gets_what_the_person_has(portal, who, token) -> None:
    client = portal.portal()
    found = client.list_accounts(accessToken=token)["accountList"]
    roles = client.list_account_roles(accessToken=token, accountId=MEMBER)["roleList"]
    credentials = portal.credentials(token)

    assert found == [
        {
            "accountId": each,
            "accountName": f"account {each[0]}",
            "emailAddress": f"{each}@example.com",
        }
        for each in (MEMBER, OTHER)
    ]
    assert roles == [{"roleName": "Admin", "accountId": MEMBER}]
    identity = portal.live.client("sts", credentials).get_caller_identity()
    assert identity["Arn"].endswith(f"/{who.name}")
    assert identity["Account"] == MEMBER


def test_pages_follow_each_other(portal, token) -> None:
    paginator = portal.portal().get_paginator("list_accounts")
    found = paginator.paginate(accessToken=token, PaginationConfig={"PageSize": 1})

    assert [[each["accountId"] for each in page["accountList"]] for page in found] == [
        [MEMBER],
        [OTHER],
    ]


def test_t236_priv_a_marker_outlives_a_token_and_is_of_no_other_person(portal, who, token) -> None:
    client = portal.portal()
    marker = client.list_accounts(accessToken=token, maxResults=1)["nextToken"]
    again = portal.open_session(who).token
    stranger = portal.open_session(portal.newcomer((MEMBER, ADMIN), (OTHER, ADMIN))).token

    assert client.list_accounts(accessToken=again, nextToken=marker)["accountList"]
    refused("InvalidRequestException", client.list_accounts, accessToken=stranger, nextToken=marker)


def test_an_expiration_is_in_milliseconds(portal, token) -> None:
    found = portal.portal().get_role_credentials(
        accessToken=token, accountId=MEMBER, roleName="Admin"
    )["roleCredentials"]

    assert 0 <= found["expiration"] / 1_000 - clock.wall() - 3_590 <= 10


def test_an_scp_binds_the_credentials_in_one_account_and_not_in_the_other(portal, token) -> None:
    ceiling = OrganizationPolicy(
        account=records.ORGANIZATION,
        id="p-ceiling001",
        type=SCP,
        name="ceiling",
        content=policy(deny("iam:ListUsers")),
        serial=9,
        updated=1,
    )
    portal.put(ceiling, records.member(OTHER, 2, ceiling.id))
    try:
        free = portal.live.client("iam", portal.credentials(token))
        bound = portal.live.client("iam", portal.credentials(token, OTHER, "ReadOnly"))

        assert free.list_users()["Users"] == []
        assert "service control policy" in refused("AccessDenied", bound.list_users)
    finally:
        portal.put(records.member(OTHER, 2))


def test_saml_assertions_are_not_taken_from_outside(portal) -> None:
    refused(
        "NotImplemented",
        portal.live.client("sts").assume_role_with_saml,
        RoleArn=records.role().arn,
        PrincipalArn=records.provider().arn,
        SAMLAssertion="PD94bWw+",
    )


def test_no_other_principal_assumes_the_role(portal) -> None:
    key = portal.live.user("would-be", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    refused(
        "AccessDenied",
        portal.live.client("sts", key).assume_role,
        RoleArn=records.role().arn,
        RoleSessionName="me",
    )


@pytest.fixture(scope="module")
def by_api(store_url, tmp_path_factory):
    """An authority without any record beside its API, and the instance of its organization."""
    path = tmp_path_factory.mktemp("portal-by-api") / "data"
    for live in serving(path, store_url):
        yield live, live.client("sso-admin").list_instances()["Instances"][0]


def test_whatever_the_apis_make_works_at_the_portal_and_ends_there(by_api) -> None:
    live, instance = by_api
    admin, people = live.client("sso-admin"), live.client("identitystore")
    arn, store = instance["InstanceArn"], instance["IdentityStoreId"]
    user = people.create_user(IdentityStoreId=store, UserName="alice", DisplayName="Alice")
    made = admin.create_permission_set(InstanceArn=arn, Name="Reader", SessionDuration="PT2H")
    permission_set = made["PermissionSet"]["PermissionSetArn"]
    allowed = policy({"Effect": "Allow", "Action": "iam:List*", "Resource": "*"})
    admin.put_inline_policy_to_permission_set(
        InstanceArn=arn, PermissionSetArn=permission_set, InlinePolicy=allowed
    )
    assignment = {
        "InstanceArn": arn,
        "TargetId": live.account,
        "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": permission_set,
        "PrincipalType": "USER",
        "PrincipalId": user["UserId"],
    }
    admin.create_account_assignment(**assignment)
    token = opened_for(live, store, user["UserId"]).token

    client = portal_client(live)
    assert client.list_account_roles(accessToken=token, accountId=live.account)["roleList"] == [
        {"roleName": "Reader", "accountId": live.account}
    ]
    found = client.get_role_credentials(
        accessToken=token, accountId=live.account, roleName="Reader"
    )["roleCredentials"]
    assert 7_190 <= found["expiration"] / 1_000 - clock.wall() <= 7_200
    iam = live.client("iam", named_as_sts(found))
    assert iam.list_users()["Users"] == []
    assert "not authorized" in refused("AccessDenied", iam.create_user, UserName="x")
    admin.delete_account_assignment(**assignment)
    assert "aws sso logout" in refused("ExpiredToken", iam.list_users)
    refused(
        "ForbiddenException", client.list_account_roles, accessToken=token, accountId=live.account
    )


# What is refused, and how.


@operations
def test_t407_oauth_without_a_token_nobody_is_let_in(portal, method, path) -> None:
    answer = portal.send(method, path)

    assert error(answer) == (401, "UnauthorizedException", INVALID)


@operations
def test_t407_oauth_a_cookie_and_other_headers_are_no_token(portal, token, method, path) -> None:
    for name in ("cookie", "x-amz-sso-bearer-token", "x-amz-sso_bearer-token", "x-amz-token"):
        value = f"{TOKEN_HEADER}={token}" if name == "cookie" else token
        assert error(portal.send(method, path, [(name, value)])) == (
            401,
            "UnauthorizedException",
            INVALID,
        )


@operations
@pytest.mark.parametrize("scheme", ["Bearer", "Basic", "AWS4-HMAC-SHA256"])
def test_t407_oauth_an_authorization_that_signs_nothing_is_a_bad_request(
    portal, token, method, path, scheme
) -> None:
    status, code, _ = error(portal.send(method, path, [("authorization", f"{scheme} {token}")]))

    assert (status, code) == (400, "InvalidRequestException")


@operations
def test_t407_oauth_a_signature_is_no_token(portal, method, path) -> None:
    root = portal.live.root()
    host = portal.live.url.removeprefix("http://")
    target, _, query = path.partition("?")
    signed = Signer(
        root["AccessKeyId"], root["SecretAccessKey"], records.REGION, "awsssoportal"
    ).sign(
        method=method,
        path=target,
        query=query,
        headers={"host": host, "x-amz-security-token": root["SessionToken"]},
        payload_hash="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        now=int(clock.wall()),
    )
    headers = [(name, value) for name, value in signed.headers.items() if name != "host"]

    assert error(portal.send(method, path, headers)) == (401, "UnauthorizedException", INVALID)


def foreign(portal, opened, **changes):
    """Return a token of another statement than that of a live session."""
    session = opened.session
    stated = {
        "instance": session.instance,
        "store": session.store,
        "person": session.person,
        "session": session.id,
        "scopes": ("sso:account:access",),
        "issued": session.started,
        "expires": session.expires,
    }
    return seal_portal_token(
        PortalToken(**(stated | changes)),
        ring=portal.live.data.keyring,
        nonce=clock.entropy(12),
    )


@operations
def test_every_token_that_stands_for_no_live_session_is_refused_alike(
    portal, who, method, path
) -> None:
    opened = portal.open_session(who)
    known = opened.token
    tokens = {
        "empty": "",
        "cut": known[:-1],
        "longer": known + "A",
        "padded": known + "=",
        "changed": known[:-2] + ("AA" if known[-2:] != "AA" else "BB"),
        "not ASCII": "\xe9" * 40,
        "long": "A" * 5_000,
        "another session": foreign(portal, opened, session=records.uuid(7)),
        "another person": foreign(portal, opened, person=records.uuid(7)),
        "expired": foreign(portal, opened, expires=int(clock.wall()) - 1),
        "issued in the future": foreign(portal, opened, issued=int(clock.wall()) + 90_000),
        "without the scope": foreign(portal, opened, scopes=("openid",)),
    }
    for name, token in tokens.items():
        answer = portal.send(method, path, [(TOKEN_HEADER, token.encode("latin-1"))])
        assert error(answer) == (401, "UnauthorizedException", INVALID), name


@operations
def test_two_tokens_are_a_bad_request(portal, token, method, path) -> None:
    answer = portal.send(method, path, [(TOKEN_HEADER, token), (TOKEN_HEADER, token)])

    assert error(answer) == (
        400,
        "InvalidRequestException",
        "The header `x-amz-sso_bearer_token` was sent twice.",
    )


def test_the_name_of_the_header_has_no_case(portal, token) -> None:
    status, _, body = portal.send(
        "GET", "/assignment/accounts", [("X-Amz-Sso_Bearer_Token", token)]
    )

    assert status == 200
    assert json.loads(body)["accountList"]


BAD_REQUESTS = {
    "no account": "/federation/credentials?role_name=Admin",
    "no role": f"/federation/credentials?account_id={MEMBER}",
    "a malformed account": "/federation/credentials?role_name=Admin&account_id=12",
    "a malformed role": f"/federation/credentials?role_name=a%20b&account_id={MEMBER}",
    "two accounts": f"/assignment/roles?account_id={MEMBER}&account_id={OTHER}",
    "a page of nothing": "/assignment/accounts?max_result=0",
    "a page above the maximum": "/assignment/accounts?max_result=101",
    "a marker that was made up": "/assignment/accounts?next_token=AAAA",
}


@pytest.mark.parametrize("path", BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_a_bad_argument_is_a_bad_request(portal, token, path) -> None:
    status, code, _ = error(portal.send("GET", path, [(TOKEN_HEADER, token)]))

    assert (status, code) == (400, "InvalidRequestException")


def test_t155_oauth_a_live_token_without_the_role_has_no_access(portal, who, token) -> None:
    header = [(TOKEN_HEADER, token)]
    paths = [
        f"/federation/credentials?role_name=Nobody&account_id={MEMBER}",
        f"/federation/credentials?role_name=ReadOnly&account_id={MEMBER}",
        f"/federation/credentials?role_name=Admin&account_id={records.MANAGEMENT}",
        "/federation/credentials?role_name=Admin&account_id=000000000000",
        f"/federation/credentials?role_name={records.role().name}&account_id={MEMBER}",
        f"/assignment/roles?account_id={records.MANAGEMENT}",
    ]
    for path in paths:
        assert error(portal.send("GET", path, header)) == (403, "ForbiddenException", "No access")

    granted = f"/federation/credentials?role_name=Admin&account_id={MEMBER}"
    assert portal.send("GET", granted, header)[0] == 200
    portal.remove(records.assignment(who.id))
    assert error(portal.send("GET", granted, header)) == (403, "ForbiddenException", "No access")


# Ends.


def test_logout_kills_the_token_and_leaves_the_role_credentials(portal, who) -> None:
    first, second = portal.open_session(who), portal.open_session(who)
    credentials = portal.credentials(first.token)
    status, headers, body = portal.send("POST", "/logout", [(TOKEN_HEADER, first.token)])

    assert (status, body) == (200, b"")
    assert "content-type" not in headers
    client = portal.portal()
    message = refused("UnauthorizedException", client.list_accounts, accessToken=first.token)
    assert message == INVALID
    refused("UnauthorizedException", client.logout, accessToken=first.token)
    assert portal.live.client("sts", credentials).get_caller_identity()["Account"] == MEMBER
    assert client.list_accounts(accessToken=second.token)["accountList"]
    assert portal.sessions(who) == [second.session]


@pytest.mark.parametrize("changes", [{}, {"is_enabled": False}], ids=["signed out", "disabled"])
def test_an_administrators_sign_out_kills_token_and_role_credentials(portal, who, changes) -> None:
    token = portal.open_session(who).token
    sts = portal.live.client("sts", portal.credentials(token))
    assert sts.get_caller_identity()
    portal.end_person(who, **changes)

    message = refused("ExpiredToken", sts.get_caller_identity)
    assert message == (
        "The security token included in the request is expired: an administrator disabled the user"
        " or signed the user out. Run: aws sso logout, then aws sso login"
    )
    refused("UnauthorizedException", portal.portal().list_accounts, accessToken=token)


def test_a_removed_assignment_ends_the_role_and_leaves_the_token(portal, who, token) -> None:
    sts = portal.live.client("sts", portal.credentials(token))
    iam = portal.live.client("iam", portal.credentials(token, OTHER, "ReadOnly"))
    portal.remove(records.assignment(who.id))

    assert "aws sso logout" in refused("ExpiredToken", sts.get_caller_identity)
    assert iam.list_users()["Users"] == []
    assert portal.portal().list_accounts(accessToken=token)["accountList"]


def test_a_restart_between_issue_and_use_ends_neither_token_nor_session(
    store_url, tmp_path
) -> None:
    for live in serving(tmp_path / "data", store_url):
        portal = LivePortal(live)
        # A start names the one region of all instances.
        instance = portal.directory.instance(records.INSTANCE).record
        portal.put(replace(instance, region=live.config.identity_center_region))
        token = portal.open_session(portal.newcomer((MEMBER, ADMIN))).token
        credentials = portal.credentials(token)
    for live in serving(tmp_path / "data", store_url):
        assert live.client("sts", credentials).get_caller_identity()["Account"] == MEMBER
        assert portal.portal(live).list_accounts(accessToken=token)["accountList"]


# The audit log.


def test_the_log_names_the_person_and_holds_no_token(portal, who) -> None:
    opened = portal.open_session(who)
    portal.credentials(opened.token)
    event = events(portal, "GetRoleCredentials")[-1]

    assert (event.account, event.principal, event.principal_id) == (
        records.MANAGEMENT,
        f"arn:aws:identitystore:::user/{who.id}",
        who.id,
    )
    assert (event.key, event.region) == (opened.session.id, records.REGION)
    assert event.parameters == {"accountId": MEMBER, "roleName": "Admin"}
    assert set(event.response["roleCredentials"]) == {"accessKeyId", "expiration"}
    assert event.decisions == ("Allowed sts:AssumeRoleWithSAML by role trust policy statement 0",)
    written = portal.live.data.audit.path.read_text()
    assert opened.token not in written
    assert opened.token[:40] not in written


def test_the_log_names_the_person_behind_a_session_and_a_chained_one(portal, who, token) -> None:
    portal.live.client("sts", portal.credentials(token)).get_caller_identity()

    assert events(portal, "GetCallerIdentity")[-1].session["onBehalfOf"] == who.id


def test_the_log_says_why_a_live_token_was_refused(portal, who, token) -> None:
    portal.remove(records.assignment(who.id))
    portal.send("GET", OPERATIONS["GetRoleCredentials"][1], [(TOKEN_HEADER, token)])
    event = events(portal, "GetRoleCredentials")[-1]

    assert (event.outcome, event.principal_id) == ("ForbiddenException", who.id)
    assert event.message == f"{ADMIN} is not assigned to the user in account {MEMBER}"


def test_a_token_of_others_reaches_no_log(portal) -> None:
    stranger = "aoaAAAAAGabcdefghijklmnopqrstuvwxyz0123456789"
    portal.send("GET", "/assignment/accounts", [(TOKEN_HEADER, stranger)])

    event = events(portal, "ListAccounts")[-1]
    assert (event.outcome, event.key, event.principal) == ("UnauthorizedException", "", "")
    assert stranger[:20] not in portal.live.data.audit.path.read_text()


# The network.


def test_t425_priv_the_network_lock_of_the_instance_covers_every_operation(portal, token) -> None:
    instance = portal.directory.instance(records.INSTANCE).record
    portal.put(replace(instance, network=NetworkLock(("198.51.100.0/24",))))
    try:
        for method, path in OPERATIONS.values():
            status, code, _ = error(portal.send(method, path, [(TOKEN_HEADER, token)]))
            assert (status, code) == (403, "ForbiddenException")
    finally:
        portal.put(instance)
    assert portal.send("GET", "/assignment/accounts", [(TOKEN_HEADER, token)])[0] == 200


@pytest.fixture(scope="module")
def proxied(store_url, tmp_path_factory):
    """An authority that takes this machine for a proxy."""
    path = tmp_path_factory.mktemp("portal-proxied") / "data"
    networks = setting_values.parse_networks(["127.0.0.1"])
    for live in serving(path, store_url, trusted_proxies=networks):
        yield LivePortal(live)


@operations
def test_a_proxy_that_drops_the_header_is_told_of(proxied, method, path) -> None:
    status, code, message = error(proxied.send(method, path, [("x-forwarded-for", "192.0.2.1")]))

    assert (status, code) == (401, "UnauthorizedException")
    assert message.startswith(INVALID)
    assert "underscores_in_headers on" in message


def test_a_token_that_came_through_the_proxy_is_taken(proxied) -> None:
    token = proxied.open_session(proxied.newcomer((MEMBER, ADMIN))).token
    header = [("x-forwarded-for", "192.0.2.1"), (TOKEN_HEADER, token)]

    assert proxied.send("GET", "/assignment/accounts", header)[0] == 200
    status, code, message = error(
        proxied.send("GET", "/assignment/accounts", [header[0], (TOKEN_HEADER, "A" * 40)])
    )
    assert (status, code, message) == (401, "UnauthorizedException", INVALID)
