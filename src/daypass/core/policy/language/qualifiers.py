"""Where AWS says nothing, or contradicts itself: each choice is one function with a name, so that it changes in one place.

The reasons are in docs/decisions/0011-choices-of-the-policy-engine.md.
"""

from daypass.core.policy.language.principal import Principal, PrincipalKind


def is_exempt_from_not_principal(
    caller: Principal, named: frozenset[str], accounts: frozenset[str]
) -> bool:
    """Say whether a caller escapes a Deny with NotPrincipal, because everything that it is is listed.

    A user by ARN (or unique id) and account; a role session by session, role and account; a federated user by itself, by
    the user behind it and by account; root by its account.
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
    """Say whether an operator without a set qualifier holds on a multivalued key: never, negated neither."""
    return False


def unreadable_request_value_matches() -> bool:
    """Say whether a request's value that its operator cannot read compares: it does not, and a negated operator negates that."""
    return False


def unreadable_policy_value_holds(*, is_allow: bool, is_negated: bool) -> bool | None:
    """Return whether a condition with a policy value that cannot be read holds, whatever the request has.

    None: the value is passed over, and the others decide. What cannot be read never opens anything.
    """
    if not is_allow:
        return True
    return False if is_negated else None


def unknown_operator_holds(*, is_allow: bool) -> bool:
    """Say whether a stored condition with an unknown operator holds: in a Deny alone."""
    return not is_allow


def is_key_present(value: str | tuple[str, ...] | None) -> bool:
    """Say whether a key counts as present: an empty list does not, an empty string does."""
    return value is not None and value != ()


def is_readable_short_arn(text: str) -> bool:
    """Say whether an ARN of fewer than six parts can be read in a policy that names principals: if it has a wildcard."""
    return "*" in text or "?" in text


def default_time_zone() -> str:
    """Return the zone of a date that names none."""
    return "Z"


def default_prefix_length(*, is_v6: bool) -> int:
    """Return the length of the prefix of an address that has none: the address alone."""
    return 128 if is_v6 else 32


def is_endpoint_a_gateway() -> bool:
    """Say whether an endpoint's policy is a gateway's, in which an Allow for the account names its root alone.

    No question says which kind of endpoint it came through, so the narrower reading holds.
    """
    return True


def is_subject_to_rcps(action: str) -> bool:
    """Say whether RCPs are asked for an action: for every service that is not known to be without, but for `kms:RetireGrant`."""
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
