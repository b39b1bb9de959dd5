"""Warnings about conditions: operators, keys and values that are likely not meant."""

import ipaddress
from collections.abc import Iterator

from daypass.core.policy.checks.cached_reference import CachedReference
from daypass.core.policy.language import condition_values, operators
from daypass.core.policy.language.model import PolicyCondition, Statement

LintMessage = tuple[str, str, str]
"""A code, a message, a path."""


def check_conditions(
    statement: Statement, path: str, known: CachedReference
) -> Iterator[LintMessage]:
    """Give what is likely not meant about each condition of a statement."""
    required = _required_keys(statement)
    for condition in statement.conditions:
        is_open = statement.effect == "Allow" and condition.key.lower() not in required
        yield from _check_condition(condition, path, known, is_open=is_open)


def _check_condition(
    condition: PolicyCondition, path: str, known: CachedReference, *, is_open: bool
) -> Iterator[LintMessage]:
    """Give what is likely not meant about one condition; `is_open`: an absent key may let somebody in."""
    named = operators.parse_operator(condition.operator)
    place = f"{path}.Condition.{condition.operator}.{condition.key}"
    yield from _unknown_key(condition.key, place, known)
    if named is None:
        return
    operator = named.operator
    if operator is operators.NULL and (named.for_all_values or named.for_any_value):
        yield "null-qualifier", "Null with a set qualifier says always true, or never", place
    if operator is operators.NULL:
        return
    is_many = known.is_multivalued(condition.key)
    if is_many and not (named.for_all_values or named.for_any_value):
        yield (
            "no-qualifier",
            f"{condition.key} holds several values: without ForAllValues or ForAnyValue it never matches",
            place,
        )
    if is_many is False and named.for_all_values:
        yield (
            "for-all-single",
            f"{condition.key} holds one value: ForAllValues is true where it is absent",
            place,
        )
    elif named.for_all_values and is_open:
        yield (
            "for-all-absent",
            f'ForAllValues is true where {condition.key} is absent: add "Null": {{"{condition.key}": "false"}}',
            place,
        )
    yield from _check_values(condition, operator, place)


def _required_keys(statement: Statement) -> frozenset[str]:
    """Return the keys, in lower case, that the statement wants to be present."""
    null = operators.parse_operator("Null")
    return frozenset(
        each.key.lower()
        for each in statement.conditions
        if operators.parse_operator(each.operator) == null
        and [value.lower() for value in each.values] == ["false"]
    )


def _unknown_key(key: str, path: str, known: CachedReference) -> Iterator[LintMessage]:
    service = key.partition(":")[0].lower()
    if known.is_multivalued(key) is not None:
        return
    if service == "aws" or service in known.services():
        yield (
            "unknown-key",
            f"there is no condition key `{key}`{known.suggest_key(service, key)}",
            path,
        )


def _check_values(
    condition: PolicyCondition, operator: operators.Operator, path: str
) -> Iterator[LintMessage]:
    kind = operators.operator_family(operator)
    if not condition.values:
        yield "never", "an empty list of values matches nothing", path
    for value in condition.values:
        if (
            kind == "string"
            and "like" not in operator.name
            and operators.has_wildcard(value, variables=True)
        ):
            yield (
                "wildcard",
                f"`{value}` is compared letter by letter: use StringLike for wildcards",
                path,
            )
        network = condition_values.parse_network(value) if kind == "ip" else None
        if network is not None:
            yield from _check_address(condition, value, network, path)


def _check_address(
    condition: PolicyCondition, value: str, network: condition_values.Network, path: str
) -> Iterator[LintMessage]:
    if str(network.network_address) != str(condition_values.parse_address(value.partition("/")[0])):
        yield (
            "host-bits",
            f"`{value}` is all of {network}: the bits behind the prefix do not count",
            path,
        )
    is_private = any(
        private.version == network.version and network.subnet_of(private)  # type: ignore[arg-type]
        for private in _PRIVATE_NETWORKS
    )
    if condition.key.lower() == "aws:sourceip" and is_private:
        yield (
            "private-address",
            f"`{value}` is private: over the internet aws:SourceIp is never that",
            path,
        )


_PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
"""Source: RFC 1918, RFC 4193."""
