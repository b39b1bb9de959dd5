"""The global condition keys of callers that no authority of ours has: services, providers, guests.

The other callers: `tests/services/test_context_keys`, by the cases in `cases/context.json`.
"""

from types import SimpleNamespace

import pytest

from daypass.core.policy.global_keys import global_keys, user_id
from daypass.core.policy.language.principal import Principal, PrincipalKind

A = "111122223333"
CONNECTION = SimpleNamespace(
    now=0, lead=0, secure=False, source_ip="", region="", user_agent="", referer=""
)
RESOURCE = SimpleNamespace(resource="arn:aws:s3:::b", account=A)
LAMBDA = Principal(PrincipalKind.SERVICE, "lambda.amazonaws.com", "")
PROVIDER = Principal(PrincipalKind.WEB_IDENTITY, f"arn:aws:iam::{A}:oidc-provider/x", "")
GUEST = Principal(PrincipalKind.FEDERATED_USER, f"arn:aws:sts::{A}:federated-user/guest", A)
ANONYMOUS = Principal(PrincipalKind.ANONYMOUS, "", "")
EVERYBODYS = {
    "aws:currenttime": "1970-01-01T00:00:00Z",
    "aws:epochtime": "0",
    "aws:securetransport": "false",
    "aws:viaawsservice": "false",
    "aws:resourceaccount": A,
}


def keys(principal, resource=RESOURCE, session=None):
    caller = SimpleNamespace(principal=principal, tags=(), session=session)
    return global_keys(
        resource, caller, CONNECTION, callers_organization=None, owners_organization=None
    )


@pytest.mark.parametrize(
    ("principal", "more"),
    [
        (
            LAMBDA,
            {
                "aws:principalisawsservice": "true",
                "aws:principalservicename": "lambda.amazonaws.com",
                "aws:principalservicenameslist": ("lambda.amazonaws.com",),
            },
        ),
        (PROVIDER, {}),
        (
            ANONYMOUS,
            {
                "aws:principalaccount": "anonymous",
                "aws:principaltype": "Anonymous",
                "aws:userid": "anonymous",
            },
        ),
        (
            GUEST,
            {
                "aws:principalisawsservice": "false",
                "aws:principalaccount": A,
                "aws:principalarn": GUEST.arn,
                "aws:principaltype": "FederatedUser",
                "aws:userid": f"{A}:guest",
            },
        ),
    ],
)
def test_a_caller_has_these_keys_and_no_others(principal, more) -> None:
    assert keys(principal) == {**EVERYBODYS, **more}


@pytest.mark.parametrize("resource", ["*", "arn:aws:s3:::*"])
def test_a_resource_without_an_owner_has_no_account(resource) -> None:
    found = keys(LAMBDA, SimpleNamespace(resource=resource, account=A))

    assert "aws:resourceaccount" not in found


@pytest.mark.parametrize("kind", [PrincipalKind.USER, PrincipalKind.ROLE_SESSION])
def test_a_principal_whose_unique_id_is_not_known_has_no_user_id(kind) -> None:
    assert user_id(Principal(kind, "arn:x/y", A)) is None
