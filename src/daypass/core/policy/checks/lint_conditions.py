"""Warnings about conditions: operators, keys and values that are probably not meant."""

import ipaddress
from collections.abc import Iterator

from daypass.core.policy.checks.cached_reference import CachedReference
from daypass.core.policy.language import condition_values, operators
from daypass.core.policy.language.model import PolicyCondition, Statement

LintMessage = tuple[str, str, str]
"""A code, a message, and the path that the message is about."""


def check_conditions(
    statement: Statement, path: str, reference: CachedReference
) -> Iterator[LintMessage]:
    """Yield warnings about a statement's conditions."""
    required = _required_keys(statement)
    for condition in statement.conditions:
        is_open = statement.effect == "Allow" and condition.key.lower() not in required
        yield from _check_condition(condition, path, reference, is_open=is_open)


def _check_condition(
    condition: PolicyCondition, path: str, reference: CachedReference, *, is_open: bool
) -> Iterator[LintMessage]:
    """Yield warnings about one condition.

    `is_open`: the statement is an Allow that does not require the key, so that a request without
    the key may be allowed.
    """
    qualified = operators.parse_operator(condition.operator)
    key_path = f"{path}.Condition.{condition.operator}.{condition.key}"
    yield from _unknown_key(condition.key, key_path, reference)
    if qualified is None:
        return
    operator = qualified.operator
    if operator is operators.NULL and (qualified.for_all_values or qualified.for_any_value):
        yield "null-qualifier", "Null with a set qualifier is always true, or never", key_path
    if operator is operators.NULL:
        return
    is_many = reference.is_multivalued(condition.key)
    if is_many and not (qualified.for_all_values or qualified.for_any_value):
        yield (
            "no-qualifier",
            (
                f"{condition.key} has several values: without ForAllValues or ForAnyValue it"
                " never matches"
            ),
            key_path,
        )
    if is_many is False and qualified.for_all_values:
        yield (
            "for-all-single",
            f"{condition.key} has one value: ForAllValues is true if it is absent",
            key_path,
        )
    elif qualified.for_all_values and is_open:
        yield (
            "for-all-absent",
            (
                f"ForAllValues is true if {condition.key} is absent: add"
                f' "Null": {{"{condition.key}": "false"}}'
            ),
            key_path,
        )
    yield from _check_values(condition, operator, key_path)


def _required_keys(statement: Statement) -> frozenset[str]:
    """Return the keys, in lower case, whose presence the statement requires by a Null condition."""
    null = operators.parse_operator("Null")
    return frozenset(
        each.key.lower()
        for each in statement.conditions
        if operators.parse_operator(each.operator) == null
        and [value.lower() for value in each.values] == ["false"]
    )


def _unknown_key(key: str, path: str, reference: CachedReference) -> Iterator[LintMessage]:
    """Warn about a condition key that does not exist."""
    service = key.partition(":")[0].lower()
    if reference.is_multivalued(key) is not None:
        return
    if service == "aws" or service in reference.services():
        yield (
            "unknown-key",
            f"there is no condition key `{key}`{reference.suggest_key(service, key)}",
            path,
        )


def _check_values(
    condition: PolicyCondition, operator: operators.Operator, path: str
) -> Iterator[LintMessage]:
    """Yield warnings about a condition's values."""
    kind = operators.operator_family(operator)
    if not condition.values:
        yield "never", "an empty list of values matches no value", path
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
    """Yield warnings about one value of an IP condition."""
    if str(network.network_address) != str(condition_values.parse_address(value.partition("/")[0])):
        yield (
            "host-bits",
            f"`{value}` means all of {network}: bits after the prefix are ignored",
            path,
        )
    is_private = any(
        private.version == network.version and network.subnet_of(private)  # type: ignore[arg-type]
        for private in _PRIVATE_NETWORKS
    )
    if condition.key.lower() == "aws:sourceip" and is_private:
        yield (
            "private-address",
            f"`{value}` is private: aws:SourceIp is public for requests over the internet",
            path,
        )


_PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
"""Source: RFC 1918, RFC 4193."""
