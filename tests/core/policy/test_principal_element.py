"""Principal and NotPrincipal: whom an element names, and what an unnamed caller may do."""

import pytest
from tests.core.policy.sample_requests import (
    ANONYMOUS,
    FEDERATED,
    ROOT,
    SERVICE,
    SESSION,
    USER,
    WEB,
    A,
    B,
    compiled_document,
    granting,
    outcome,
)
from tests.documents import allow

from daypass.core.policy.language.principal import Principal, PrincipalKind


def test_t080_trust_a_session_is_compared_by_its_roles_arn_with_the_path() -> None:
    """Trap 6."""
    for value in (f"arn:aws:iam::{A}:role/app", f"arn:aws:iam::{A}:role/svc/App"):
        assert (
            outcome(SESSION, resource=compiled_document(granting({"AWS": value})))
            == "ImplicitlyDenied"
        )


@pytest.mark.parametrize(
    "value", [f"arn:aws:iam::{A}:user/*", f"arn:aws:iam::{A}:user/x/alic?", "AIDA*", "11112222333"]
)
def test_trap_23_a_principal_is_no_pattern(value) -> None:
    assert outcome(resource=compiled_document(granting({"AWS": value}))) == "ImplicitlyDenied"


@pytest.mark.parametrize(
    ("caller", "named", "allowed"),
    [
        (SERVICE, {"Service": "ec2.amazonaws.com"}, True),
        (SERVICE, {"Service": "s3.amazonaws.com"}, False),
        (WEB, {"Federated": WEB.arn}, True),
        (WEB, "*", False),
        (WEB, {"AWS": "*"}, False),
        (ANONYMOUS, "*", True),
        (ANONYMOUS, {"AWS": A}, False),
        (USER, {"Federated": "x"}, False),
        (USER, {"CanonicalUser": "c" * 64}, False),
        (
            Principal(PrincipalKind.USER, USER.arn, A, canonical_user="c"),
            {"CanonicalUser": "c"},
            False,
        ),
    ],
)
def test_callers_without_an_account_need_a_direct_grant(caller, named, allowed) -> None:
    found = outcome(caller, resource=compiled_document(granting(named)))

    assert (found == "Allowed") is allowed


def test_a_canonical_user_lets_the_account_decide() -> None:
    caller = Principal(PrincipalKind.USER, USER.arn, A, canonical_user="c")
    named = compiled_document(granting({"CanonicalUser": "c"}))

    assert (
        outcome(caller, account=B, identity=(compiled_document(allow()),), resource=named)
        == "Allowed"
    )


@pytest.mark.parametrize(
    ("caller", "listed", "denied"),
    [
        (USER, [USER.arn], True),
        (USER, [USER.arn, A], False),
        (USER, [A], True),
        (USER, ["*"], False),
        (USER, [USER.arn, B], True),
        (SESSION, [SESSION.role_arn, A], True),
        (SESSION, [SESSION.arn, SESSION.role_arn, A], False),
        (FEDERATED, [FEDERATED.arn, A], True),
        (FEDERATED, [FEDERATED.arn, USER.arn, A], False),
        (ROOT, [A], False),
        (ROOT, [B], True),
        (ANONYMOUS, [A], True),
    ],
)
def test_t212_pol_not_principal_with_deny_exempts_only_callers_listed_by_every_identity(
    caller, listed, denied
) -> None:
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": listed}, "Action": "*", "Resource": "*"}
    found = outcome(
        caller,
        identity=(compiled_document(allow()),),
        resource=compiled_document(statement, granting("*")),
    )

    assert (found == "ExplicitlyDenied") is denied


def test_with_a_boundary_nobody_escapes_not_principal() -> None:
    statement = {
        "Effect": "Deny",
        "NotPrincipal": {"AWS": [USER.arn, A]},
        "Action": "*",
        "Resource": "*",
    }

    found = outcome(
        boundary=compiled_document(allow()), resource=compiled_document(statement, granting("*"))
    )

    assert found == "ExplicitlyDenied"


def test_not_principal_with_allow_is_for_everybody_else() -> None:
    statement = {
        "Effect": "Allow",
        "NotPrincipal": {"AWS": USER.arn},
        "Action": "*",
        "Resource": "*",
    }

    assert outcome(SESSION, resource=compiled_document(statement)) == "Allowed"
    assert outcome(USER, resource=compiled_document(statement)) == "ImplicitlyDenied"


def test_a_statement_without_a_principal_names_nobody() -> None:
    statement = compiled_document(allow()).statements[0]

    assert statement.grant_for(USER, has_boundary=False) is None
