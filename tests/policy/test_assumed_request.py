"""What is assumed about a request that nobody has sent."""

import subprocess
import sys

import pytest

from daypass.policy import Principal, PrincipalKind
from daypass.policy.assumed_request import (
    AssumedRequest,
    Assumption,
    CredentialKind,
    Organization,
    UnfitCredential,
    assume_request,
    owners_account,
)

A = "111122223333"
USER = Principal(PrincipalKind.USER, f"arn:aws:iam::{A}:user/alice", A)
ROOT = Principal(PrincipalKind.ROOT, f"arn:aws:iam::{A}:root", A)
SESSION = Principal(
    PrincipalKind.ROLE_SESSION,
    f"arn:aws:sts::{A}:assumed-role/app/s",
    A,
    role_arn=f"arn:aws:iam::{A}:role/svc/app",
)
SERVICE = Principal(PrincipalKind.SERVICE, "lambda.amazonaws.com", "")
MFA, AGE, ISSUED = "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:tokenissuetime"


def assumed(principal, **more):
    return assume_request(principal, resource="arn:aws:s3:::b", account=A, now=0, **more)


@pytest.mark.parametrize(
    ("principal", "credential", "mfa", "age"),
    [
        (USER, None, None, None),
        (USER, CredentialKind.ACCESS_KEY, None, None),
        (USER, CredentialKind.SESSION, "false", None),
        (USER, CredentialKind.MFA_SESSION, "true", "0"),
        (ROOT, None, "false", None),
        (ROOT, CredentialKind.ACCESS_KEY, None, None),
        (ROOT, CredentialKind.MFA_SESSION, "true", "0"),
        (SESSION, None, "false", None),
        (SESSION, CredentialKind.SESSION, "false", None),
        (SERVICE, None, None, None),
    ],
)
def test_the_kind_of_credential_decides_what_is_known_of_mfa(
    principal, credential, mfa, age
) -> None:
    found = assumed(principal, credential=credential)
    issued = None if mfa is None else "1970-01-01T00:00:00Z"

    assert [found.keys.get(key) for key in (MFA, AGE, ISSUED)] == [mfa, age, issued]
    said = {each.key.lower(): each.value for each in found.assumptions}
    assert all(found.keys.get(key) == value for key, value in said.items())
    if principal is not SERVICE:
        assert said[MFA] == mfa


@pytest.mark.parametrize(
    ("principal", "credential"),
    [
        (SESSION, CredentialKind.ACCESS_KEY),
        (SESSION, CredentialKind.MFA_SESSION),
        (SERVICE, CredentialKind.SESSION),
    ],
)
def test_a_credential_that_a_principal_cannot_have_is_refused(principal, credential) -> None:
    with pytest.raises(UnfitCredential):
        assumed(principal, credential=credential)


@pytest.mark.parametrize(("is_secure", "value"), [(False, "false"), (True, "true")])
def test_plain_http_is_assumed_unless_more_is_known(is_secure, value) -> None:
    found = assumed(USER, is_secure=is_secure)

    assert found.keys["aws:securetransport"] == value
    why = "HTTPS" if is_secure else "plain HTTP"
    assert Assumption("aws:SecureTransport", value, why) in found.assumptions


def test_nothing_is_guessed_about_the_client() -> None:
    found = assumed(USER)

    unknown = {"aws:sourceip", "aws:useragent", "aws:requestedregion", "aws:referer", "aws:userid"}
    assert not unknown & set(found.keys)


@pytest.mark.parametrize(
    ("resource", "account", "is_assumed"),
    [
        ("arn:aws:iam::444455556666:role/x", "444455556666", False),
        ("arn:aws:sqs:eu-west-1:444455556666:q", "444455556666", False),
        ("arn:aws:s3:::b/k", A, True),
        ("arn:aws:iam::aws:policy/x", A, True),
        ("*", A, False),
        ("nonsense", A, True),
    ],
)
def test_a_resource_belongs_to_the_account_in_its_arn_or_to_the_caller_s(
    resource, account, is_assumed
) -> None:
    found, assumptions = owners_account(resource, A)

    assert found == account
    assert [each.value for each in assumptions] == ([A] if is_assumed else [])


def test_organizations_and_tags_are_those_that_were_given() -> None:
    home = Organization("o-1", "o-1/r-1/", "999988887777")
    found = assumed(USER, tags={"Team": "red"}, callers_organization=home, owners_organization=home)

    assert found.keys["aws:principaltag/team"] == "red"
    assert found.keys["aws:principalorgpaths"] == ("o-1/r-1/",)
    assert found.keys["aws:principalorgmasteraccountid"] == "999988887777"
    assert found.keys["aws:resourceorgid"] == "o-1"


def test_a_key_that_is_given_is_assumed_no_longer_whatever_its_case() -> None:
    request = AssumedRequest({"aws:currenttime": "x"}, (Assumption("aws:CurrentTime", "x", "now"),))
    found = request.with_keys({"AWS:currentTIME": "y", "aws:TagKeys": ("a", "b")})

    assert found.json_keys() == {"aws:currenttime": "y", "aws:tagkeys": ["a", "b"]}
    assert found.assumptions == ()


def test_assumptions_load_no_part_of_a_server() -> None:
    script = "import sys, daypass.policy.assumed_request; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert not {"msgspec", "botocore", "cryptography", "daypass.services"} & {*done.stdout.split()}
