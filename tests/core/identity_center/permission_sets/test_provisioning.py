"""The role that a permission set makes, and the steps of IAM between a role and what it should be.

The steps are those that the service-linked role denies itself in the management account.
"""

import base64
import re

import pytest
from cryptography import x509
from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.identity_center.permission_set import CustomerPolicy, PermissionSet
from daypass.core.faults import Conflict, Denied, NotFound, TooMany
from daypass.core.identity_center import reserved_roles
from daypass.core.identity_center.permission_sets import provisioning, saml_metadata

ACCOUNT, NOW = "111122223333", 1_767_225_600
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE"
A, B = "arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/team/own"
SET = PermissionSet(account="ssoins-1", id="ps-1", name="Reader", created=1)
BLANK = Role(
    account=ACCOUNT,
    name="AWSReservedSSO_Reader_0123456789abcdef",
    path="/aws-reserved/sso.amazonaws.com/",
    unique_id="AROA",
    created=1,
    trust="",
)
DENIED = (
    "Received a 403 status error: Access denied by IAM. Please check your policy, or wait for role"
    " propagation to complete. IAM Error: "
)
PLAIN = replace(
    BLANK, trust=reserved_roles.trust_policy(PROVIDER), session_seconds_max=43_200, attached=(A,)
)


def _described(permission_set, *, has_policy=lambda _arn: True):
    return provisioning.role_as_described(
        BLANK, permission_set, provider=PROVIDER, has_policy=has_policy
    )


def test_a_role_has_the_policies_of_aws_first_and_then_the_account_s_own() -> None:
    own = CustomerPolicy("own", "/team/")
    found = _described(replace(SET, managed=(B, A), customer=(own,), boundary=own, inline="{}"))

    assert found.attached == (B, A, OWN)
    assert found.boundary == OWN
    assert found.inline == (InlinePolicy("AwsSSOInlinePolicy", "{}"),)
    assert (found.name, found.path, found.unique_id) == (BLANK.name, BLANK.path, BLANK.unique_id)


@pytest.mark.parametrize(
    "permission_set",
    [
        replace(SET, managed=(B, A)),
        replace(SET, customer=(CustomerPolicy("own"),)),
        replace(SET, boundary=A),
        replace(SET, boundary=CustomerPolicy("own")),
    ],
    ids=["policy of AWS", "the account's own", "boundary of AWS", "boundary of its own"],
)
def test_a_policy_that_is_missing_makes_no_role(permission_set) -> None:
    with pytest.raises(NotFound) as refused:
        _described(permission_set, has_policy=lambda arn: arn == B)

    assert re.fullmatch(r"Not supported policy arn:\S+\.", refused.value.message)


def test_a_role_has_ten_policies_at_most() -> None:
    most = tuple(f"{A}{number}" for number in range(quotas.ATTACHED_POLICIES_MAX))

    assert len(_described(replace(SET, managed=most)).attached) == quotas.ATTACHED_POLICIES_MAX
    with pytest.raises(TooMany):
        _described(replace(SET, managed=(*most, B)))


def _steps(found):
    return [(each.action.removeprefix("iam:"), each.keys) for each in found]


@pytest.mark.parametrize(
    ("change", "steps"),
    [
        ({}, []),
        ({"attached": (A, B)}, [("AttachRolePolicy", {"iam:policyarn": B})]),
        ({"attached": ()}, []),
        ({"attached": (B,)}, [("AttachRolePolicy", {"iam:policyarn": B})]),
        ({"inline": (InlinePolicy("x", "{}"),)}, [("PutRolePolicy", {})]),
        ({"boundary": A}, [("PutRolePermissionsBoundary", {"iam:permissionsboundary": A})]),
        (
            {"boundary": A, "attached": (A, B)},
            [
                ("PutRolePermissionsBoundary", {"iam:permissionsboundary": A}),
                ("AttachRolePolicy", {"iam:permissionsboundary": A, "iam:policyarn": B}),
            ],
        ),
        ({"description": "d"}, [("UpdateRole", {}), ("UpdateRoleDescription", {})]),
        ({"session_seconds_max": 3_600}, [("UpdateRole", {})]),
        ({"trust": "{}"}, [("UpdateAssumeRolePolicy", {})]),
    ],
    ids=["none", "attached", "detached", "exchanged", "inline written", "boundary set",
         "boundary and attached", "description", "longest session", "trust"],
)  # fmt: skip
def test_a_change_of_a_role_takes_the_steps_of_what_differs(change, steps) -> None:
    assert _steps(provisioning.update_steps(PLAIN, replace(PLAIN, **change))) == steps


@pytest.mark.parametrize(
    ("before", "after", "steps"),
    [
        (A, B, [("PutRolePermissionsBoundary", {"iam:permissionsboundary": B})]),
        (A, "", [("DeleteRolePermissionsBoundary", {"iam:permissionsboundary": A})]),
        (A, A, []),
    ],
    ids=["changed", "taken away", "the same"],
)
def test_a_boundary_is_changed_by_one_step(before, after, steps) -> None:
    roles = replace(PLAIN, boundary=before), replace(PLAIN, boundary=after)

    assert _steps(provisioning.update_steps(*roles)) == steps


def test_an_inline_policy_that_is_deleted_takes_no_step() -> None:
    before = replace(PLAIN, inline=(InlinePolicy("x", "{}"),))

    assert _steps(provisioning.update_steps(before, PLAIN)) == []


def test_a_new_role_gets_its_boundary_with_its_creation() -> None:
    found = replace(PLAIN, boundary=B, inline=(InlinePolicy("x", "{}"),))
    bounded = {"iam:permissionsboundary": B}

    assert _steps(provisioning.creation_steps(found)) == [
        ("CreateRole", bounded),
        ("AttachRolePolicy", bounded | {"iam:policyarn": A}),
        ("PutRolePolicy", bounded),
    ]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (NotFound("a"), "Received a 404 status error: a"),
        (Conflict("a"), "Received a 409 status error: a"),
        (TooMany("a"), "Received a 409 status error: a"),
        (Denied("a"), DENIED + "a"),
    ],
    ids=["not found", "conflict", "quota", "denied"],
)
def test_a_fault_is_a_reason_in_aws_s_words(fault, reason) -> None:
    assert provisioning.failure_reason(fault) == reason


def test_accounts_that_failed_are_named_until_the_text_is_full_and_then_counted() -> None:
    reason, text = "r" * 1_000, ""
    for number in range(6):
        text = provisioning.failures_text(text, f"{number:012}", reason)

    assert len(text) <= quotas.FAILURE_REASON_CHARACTERS_MAX + len("; and in 9999 accounts more")
    assert text.startswith(f"{0:012}: {reason}; {1:012}: {reason}")
    assert text.endswith("; and in 2 accounts more")


def test_a_provider_has_a_certificate_for_a_hundred_years_and_the_same_of_the_same_bytes() -> None:
    def entropy(size):
        return bytes(range(size))

    one, two = (
        saml_metadata.new_provider(
            ACCOUNT, instance="ssoins-1", region="eu-west-1", now=NOW, entropy=entropy
        )
        for _ in range(2)
    )
    text = re.search(r"<ds:X509Certificate>([^<]+)<", one.metadata)
    certificate = x509.load_der_x509_certificate(base64.b64decode(text[1]))

    assert one == two
    assert one.name == "AWSSSO_0001020304050607_DO_NOT_DELETE"
    assert int(certificate.not_valid_before_utc.timestamp()) == NOW
    assert int(certificate.not_valid_after_utc.timestamp()) == one.valid_until
    assert certificate.not_valid_after_utc.year - certificate.not_valid_before_utc.year == 100
    certificate.verify_directly_issued_by(certificate)
