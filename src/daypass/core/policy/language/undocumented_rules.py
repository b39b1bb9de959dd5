"""The choices of the engine where AWS's documentation is silent or contradicts itself.

Each choice is one named function, so that it changes in one place. The reasons are in
docs/decisions/0011-choices-of-the-policy-engine.md and 0014-what-cannot-be-read.md.
"""

from daypass.core.policy.language.principal import Principal, PrincipalKind


def is_exempt_from_not_principal(
    caller: Principal, named: frozenset[str], accounts: frozenset[str]
) -> bool:
    """Return whether a Deny with NotPrincipal exempts a caller: each of its identities is listed.

    For a user the ARN (or unique id) and the account; for a role session the session, the role and
    the account; for a federated user itself, the user behind it and the account; for root the
    account.
    """
    if caller.account not in accounts:
        return False
    if caller.kind is PrincipalKind.ROOT:
        return True
    if caller.kind is PrincipalKind.ROLE_SESSION:
        return caller.arn in named and not named.isdisjoint((caller.role_arn, caller.unique_id))
    if caller.kind is PrincipalKind.FEDERATED_USER:
        behind = {caller.user_arn, caller.unique_id} - {""}
        return caller.arn in named and (
            caller.user_arn.endswith(":root") or not named.isdisjoint(behind)
        )
    return not named.isdisjoint({caller.arn, caller.unique_id} - {""})


def unqualified_operator_holds_on_many_values() -> bool:
    """Return whether an operator without a set qualifier holds on a multivalued key.

    Never; a negated operator does not hold either.
    """
    return False


def unreadable_request_value_matches() -> bool:
    """Return whether a request's value that the operator cannot parse compares.

    It does not; a negated operator therefore holds.
    """
    return False


def unreadable_policy_value_holds(*, is_allow: bool, is_negated: bool) -> bool | None:
    """Return whether a condition with an unreadable policy value holds, whatever the request has.

    What cannot be read never opens anything. None: the value is skipped, and the other values
    decide.
    """
    if not is_allow:
        return True
    return False if is_negated else None


def unknown_operator_holds(*, is_allow: bool) -> bool:
    """Return whether a stored condition with an unknown operator holds: only in a Deny."""
    return not is_allow


def is_key_present(value: str | tuple[str, ...] | None) -> bool:
    """Return whether a condition key is present; a key with an empty list of values is absent."""
    return value is not None and value != ()


def is_readable_short_arn(text: str) -> bool:
    """Return whether an ARN of fewer than six parts is readable in a policy that names principals.

    Only with a wildcard.
    """
    return "*" in text or "?" in text


def default_time_zone() -> str:
    """Return the time zone of a date that names none: UTC."""
    return "Z"


def default_prefix_length(*, is_v6: bool) -> int:
    """Return the prefix length of an address without one: that of a single address."""
    return 128 if is_v6 else 32


def is_endpoint_a_gateway() -> bool:
    """Return whether endpoint policies are evaluated as those of gateway endpoints.

    An Allow for an account then names its root alone. No request says which kind of endpoint it
    came through, so the narrower reading holds.
    """
    return True


def is_subject_to_rcps(action: str) -> bool:
    """Return whether RCPs limit an action.

    They limit all actions but `kms:RetireGrant` and those of `SERVICES_WITHOUT_RCPS`.
    """
    name = action.lower()
    return name != "kms:retiregrant" and name.partition(":")[0] not in SERVICES_WITHOUT_RCPS


SERVICES_WITHOUT_RCPS = frozenset(
    {
        "iam",
        "organizations",
        "account",
        "sso",
        "sso-oauth",
        "identitystore",
        "signin",
        "rolesanywhere",
    }
)
"""Prefixes of the services whose actions RCPs never limit.

Source: Organizations user guide, "List of AWS services that support RCPs": about fifty services
and growing, none of these among them. RCPs limit every other service, listed by AWS or not: an RCP
that is skipped lets in the callers whom it was written against.
"""
