"""Warnings about conditions: operators, keys and values that are likely not meant."""

import ipaddress
from collections.abc import Iterator

from daypass.core.policy.checks.lint_known import Known
from daypass.core.policy.language import operators, written_values
from daypass.core.policy.language.model import Condition, Statement

Said = tuple[str, str, str]
"""A code, a message, a path."""


def of_statement(statement: Statement, path: str, known: Known) -> Iterator[Said]:
    """Give what is likely not meant about each condition of a statement."""
    required = _required(statement)
    for condition in statement.conditions:
        is_open = statement.effect == "Allow" and condition.key.lower() not in required
        yield from _of_condition(condition, path, known, is_open=is_open)


def _of_condition(
    condition: Condition, path: str, known: Known, *, is_open: bool
) -> Iterator[Said]:
    """Give what is likely not meant about one condition; `is_open`: an absent key may let somebody in."""
    named = operators.named(condition.operator)
    place = f"{path}.Condition.{condition.operator}.{condition.key}"
    yield from _known_key(condition.key, place, known)
    if named is None:
        return
    operator = named.operator
    if operator is operators.NULL and (named.every or named.some):
        yield "null-qualifier", "Null with a set qualifier says always true, or never", place
    if operator is operators.NULL:
        return
    is_many = known.is_multivalued(condition.key)
    if is_many and not (named.every or named.some):
        yield "no-qualifier", f"{condition.key} holds several values: without ForAllValues or ForAnyValue it never matches", place  # fmt: skip
    if is_many is False and named.every:
        yield "for-all-single", f"{condition.key} holds one value: ForAllValues is true where it is absent", place  # fmt: skip
    elif named.every and is_open:
        yield "for-all-absent", f'ForAllValues is true where {condition.key} is absent: add "Null": {{"{condition.key}": "false"}}', place  # fmt: skip
    yield from _values(condition, operator, place)


def _required(statement: Statement) -> frozenset[str]:
    """Return the keys, in lower case, that the statement wants to be present."""
    null = operators.named("Null")
    return frozenset(
        each.key.lower()
        for each in statement.conditions
        if operators.named(each.operator) == null
        and [value.lower() for value in each.values] == ["false"]
    )


def _known_key(key: str, path: str, known: Known) -> Iterator[Said]:
    service = key.partition(":")[0].lower()
    if known.is_multivalued(key) is not None:
        return
    if service == "aws" or service in known.services():
        yield "unknown-key", f"there is no condition key `{key}`{known.near_key(service, key)}", path  # fmt: skip


def _values(condition: Condition, operator: operators.Operator, path: str) -> Iterator[Said]:
    kind = operators.family(operator)
    if not condition.values:
        yield "never", "an empty list of values matches nothing", path
    for value in condition.values:
        if kind == "string" and "like" not in operator.name and operators.has_wildcard(value, variables=True):  # fmt: skip
            yield "wildcard", f"`{value}` is compared letter by letter: use StringLike for wildcards", path  # fmt: skip
        network = written_values.network(value) if kind == "ip" else None
        if network is not None:
            yield from _address(condition, value, network, path)


def _address(
    condition: Condition, value: str, network: written_values.Network, path: str
) -> Iterator[Said]:
    if str(network.network_address) != str(written_values.address(value.partition("/")[0])):
        yield "host-bits", f"`{value}` is all of {network}: the bits behind the prefix do not count", path  # fmt: skip
    is_private = any(
        private.version == network.version and network.subnet_of(private)  # type: ignore[arg-type]
        for private in _PRIVATE
    )
    if condition.key.lower() == "aws:sourceip" and is_private:
        yield "private-address", f"`{value}` is private: over the internet aws:SourceIp is never that", path  # fmt: skip


_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
"""Source: RFC 1918, RFC 4193."""
