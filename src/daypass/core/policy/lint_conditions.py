"""Warnings about conditions: operators, keys and values that are likely not meant."""

import ipaddress
from collections.abc import Iterator

from daypass.core.policy import operators, quoting
from daypass.core.policy.model import Condition, Statement
from daypass.core.policy.reference import Reference

Said = tuple[str, str, str]
"""A code, a message, a path."""


def of_condition(
    condition: Condition, statement: Statement, path: str, reference: Reference
) -> Iterator[Said]:
    """Give what is likely not meant about one condition."""
    named = operators.named(condition.operator)
    place = f"{path}.Condition.{condition.operator}.{condition.key}"
    yield from _known_key(condition.key, place, reference)
    if named is None:
        return
    operator = named.operator
    if operator is operators.NULL and (named.every or named.some):
        yield "null-qualifier", "Null with a set qualifier says always true, or never", place
    if operator is operators.NULL:
        return
    is_many = reference.is_multivalued(condition.key)
    if is_many and not (named.every or named.some):
        yield "no-qualifier", f"{condition.key} holds several values: without ForAllValues or ForAnyValue it never matches", place  # fmt: skip
    if is_many is False and named.every:
        yield "for-all-single", f"{condition.key} holds one value: ForAllValues is true where it is absent", place  # fmt: skip
    elif named.every and statement.effect == "Allow" and not _is_required(condition.key, statement):
        yield "for-all-absent", f'ForAllValues is true where {condition.key} is absent: add "Null": {{"{condition.key}": "false"}}', place  # fmt: skip
    yield from _values(condition, operator, place)


def _is_required(key: str, statement: Statement) -> bool:
    return any(
        operators.named(each.operator) == operators.named("Null")
        and each.key.lower() == key.lower()
        and [value.lower() for value in each.values] == ["false"]
        for each in statement.conditions
    )


def _known_key(key: str, path: str, reference: Reference) -> Iterator[Said]:
    service = key.partition(":")[0].lower()
    if reference.is_multivalued(key) is not None or service not in {"aws", *reference.services()}:
        return
    near = quoting.nearest(key, reference.keys(service))
    yield "unknown-key", f"there is no condition key `{key}`{near}", path


def _values(condition: Condition, operator: operators.Operator, path: str) -> Iterator[Said]:
    kind = operators.family(operator)
    if not condition.values:
        yield "never", "an empty list of values matches nothing", path
    for value in condition.values:
        if kind == "string" and "like" not in operator.name and operators.has_wildcard(value, variables=True):  # fmt: skip
            yield "wildcard", f"`{value}` is compared letter by letter: use StringLike for wildcards", path  # fmt: skip
        network = operators.network(value) if kind == "ip" else None
        if network is not None:
            yield from _address(condition, value, network, path)


def _address(
    condition: Condition, value: str, network: operators.Network, path: str
) -> Iterator[Said]:
    if str(network.network_address) != str(operators.address(value.partition("/")[0])):
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
