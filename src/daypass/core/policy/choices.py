"""Where AWS says nothing, or contradicts itself: each choice is one function with a name, so that it changes in one place.

The reasons are in docs/decisions/0011-choices-of-the-policy-engine.md.
"""

from daypass.core.policy.principal import Kind, Principal


def escapes_not_principal(
    caller: Principal, named: frozenset[str], accounts: frozenset[str]
) -> bool:
    """Say whether a caller escapes a Deny with NotPrincipal, because everything that it is is listed.

    A user by ARN (or unique id) and account; a role session by session, role and account; a federated user by itself, by
    the user behind it and by account; root by its account.
    """
    if caller.account not in accounts:
        return False
    if caller.kind is Kind.ROOT:
        return True
    if caller.kind is Kind.ROLE_SESSION:
        return caller.arn in named and not named.isdisjoint((caller.role_arn, caller.unique_id))
    if caller.kind is Kind.FEDERATED_USER:
        behind = {caller.user_arn, caller.unique_id} - {""}
        return caller.arn in named and (
            caller.user_arn.endswith(":root") or not named.isdisjoint(behind)
        )
    return not named.isdisjoint({caller.arn, caller.unique_id} - {""})


def unqualified_on_many() -> bool:
    """Say whether an operator without a set qualifier holds on a multivalued key: never, negated neither."""
    return False


def unreadable_matches() -> bool:
    """Say whether a value that its operator cannot read compares: it does not, and a negated operator negates that."""
    return False


def is_present(value: str | tuple[str, ...] | None) -> bool:
    """Say whether a key counts as present: an empty list does not, an empty string does."""
    return value is not None and value != ()


def short_arn_matches_nothing(text: str) -> bool:
    """Say whether an ARN of fewer than six parts is void in a resource's policy: without a wildcard it is."""
    return "*" not in text and "?" not in text


def zone_when_missing() -> str:
    """Return the zone of a date that names none."""
    return "Z"


def prefix_when_missing(*, is_v6: bool) -> int:
    """Return the length of the prefix of an address that has none: the address alone."""
    return 128 if is_v6 else 32
