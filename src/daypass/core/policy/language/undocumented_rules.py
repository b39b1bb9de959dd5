"""The choices of the engine where AWS's documentation is silent or contradicts itself.

Each choice is one named function, so that it changes in one place. The reasons are in
docs/decisions/0011-choices-of-the-policy-engine.md and 0014-what-cannot-be-read.md.
"""

from daypass.core.policy.language.principal import Principal, PrincipalKind


def names_not_principal_lacks(
    caller: Principal, named: frozenset[str], accounts: frozenset[str]
) -> tuple[str, ...]:
    """Return the names of a caller that a NotPrincipal does not list; a Deny exempts with none.

    For a user the ARN (or unique id) and the account; for a role session the session, the role and
    the account; for a federated user itself, the user behind it and the account; for root the
    account.
    """
    lacking = []
    if caller.kind is PrincipalKind.USER:
        if named.isdisjoint({caller.arn, caller.unique_id} - {""}):
            lacking.append(caller.arn)
    elif caller.kind in {PrincipalKind.ROLE_SESSION, PrincipalKind.FEDERATED_USER}:
        is_role = caller.kind is PrincipalKind.ROLE_SESSION
        behind = caller.role_arn if is_role else caller.user_arn
        is_of_root = not is_role and behind.endswith(":root")
        if caller.arn not in named:
            lacking.append(caller.arn)
        if not is_of_root and named.isdisjoint({behind, caller.unique_id} - {""}):
            lacking.append(behind)
    if caller.account not in accounts:
        lacking.append(caller.account)
    return tuple(lacking)


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
