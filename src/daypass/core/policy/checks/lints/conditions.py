"""Warnings about conditions: operators, keys and values that are probably not meant."""

import ipaddress
import re
from collections.abc import Iterator, Mapping

from daypass.core.policy.checks.lints.cached_reference import CachedReference
from daypass.core.policy.checks.lints.codes import LintMessage
from daypass.core.policy.language import actions, condition_values, operators
from daypass.core.policy.language.model import PolicyCondition, Statement


def check_conditions(
    statement: Statement, path: str, reference: CachedReference
) -> Iterator[LintMessage]:
    """Yield warnings about a statement's conditions."""
    required = _required_keys(statement)
    for condition in statement.conditions:
        yield from _key_of_no_action(condition, statement, path, reference)
        yield from _check_mfa(condition, statement, path)
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
    yield from _mismatched_type(condition, operator, key_path, reference)
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


def _key_of_no_action(
    condition: PolicyCondition, statement: Statement, path: str, reference: CachedReference
) -> Iterator[LintMessage]:
    """Warn about a service's key that no action of the statement has, so that it is never present.

    Operators that hold for an absent key are left alone, and actions with wildcards.
    """
    key, qualified = condition.key, operators.parse_operator(condition.operator)
    if (
        qualified is None
        or qualified.if_exists
        or qualified.for_all_values
        or qualified.operator.is_negated
        or qualified.operator is operators.NULL
        or not statement.actions
        or not _is_key_of_actions(key, reference)
    ):
        return
    for entry in statement.actions:
        service = actions.service_prefix(entry)
        name = entry.partition(":")[2]
        # None for an unknown action, and for one with wildcards: it may have the key.
        if not service or reference.has_condition_key(service, name, key) is not False:
            return
    yield (
        "key-of-no-action",
        f"no action of this statement has the key {key}: the condition never holds",
        f"{path}.Condition.{condition.operator}.{key}",
    )


def _is_key_of_actions(key: str, reference: CachedReference) -> bool:
    """Return whether a key comes with some actions of its service alone.

    Tags of resources are not listed action by action; other keys come with the credentials.
    """
    service, _, name = key.lower().partition(":")
    return (
        service in reference.services()
        and not name.startswith("resourcetag/")
        and key.lower() not in _KEYS_OF_CREDENTIALS
        and reference.is_key_of_some_action(service, key)
    )


_KEYS_OF_CREDENTIALS = frozenset(
    {
        "aws-marketplace:productid", "ec2:roledelivery", "ec2:sourceinstancearn", "glue:credentialissuingservice",
        "glue:roleassumedby", "lambda:sourcefunctionarn",
    }
)  # fmt: skip
"""Keys that come with the credentials of a request, or that the reference lists in part.

Source: the user guides of EC2, Glue and Lambda, and of AWS Marketplace for buyers.
"""


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


def _mismatched_type(
    condition: PolicyCondition, operator: operators.Operator, path: str, reference: CachedReference
) -> Iterator[LintMessage]:
    """Warn about an operator that cannot compare what the key's values are."""
    type_, family = reference.key_type(condition.key), operators.operator_family(operator)
    if type_ and family not in _FAMILIES_BY_TYPE.get(type_, frozenset({family})):
        yield (
            "key-type",
            f"{condition.operator} does not compare what {condition.key} is: {_TYPE_NAMES[type_]}",
            path,
        )


_FAMILIES_BY_TYPE: Mapping[str, frozenset[str]] = {
    "string": frozenset({"string", "arn", "bool"}),
    "arn": frozenset({"string", "arn"}),
    "numeric": frozenset({"numeric"}),
    "date": frozenset({"date", "numeric"}),
    "bool": frozenset({"bool", "string"}),
    "ip": frozenset({"ip", "string"}),
}
"""What can compare values of a type; a text is compared as such, and may be an ARN or true."""
_TYPE_NAMES: Mapping[str, str] = {
    "string": "a text",
    "arn": "an ARN",
    "numeric": "a number",
    "date": "a date",
    "bool": "true or false",
    "ip": "an address",
}


def _check_mfa(
    condition: PolicyCondition, statement: Statement, path: str
) -> Iterator[LintMessage]:
    """Warn about a Deny without MFA that spares requests with long-term keys."""
    qualified = operators.parse_operator(condition.operator)
    if (
        qualified is not None
        and qualified.operator.name == "bool"
        and not qualified.if_exists
        and statement.effect == "Deny"
        and condition.key.lower() == "aws:multifactorauthpresent"
        and [value.lower() for value in condition.values] == ["false"]
    ):
        yield (
            "mfa-absent",
            "requests with long-term keys have no aws:MultiFactorAuthPresent: this spares them",
            f"{path}.Condition.{condition.operator}.{condition.key}",
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
        if kind in {"string", "arn"}:
            yield from _check_text(condition, value, path)
        if kind == "date" and _YEAR.fullmatch(value):
            yield "year", f"`{value}` is that many seconds after 1970 began, no year", path
        network = condition_values.parse_network(value) if kind == "ip" else None
        if network is not None:
            yield from _check_address(condition, value, network, path)


def _check_text(condition: PolicyCondition, value: str, path: str) -> Iterator[LintMessage]:
    """Yield errors about one value of a string condition that no request's value equals."""
    key = condition.key.lower()
    if key in _ADDRESS_KEYS and "/" in value and condition_values.parse_network(value):
        yield "cidr-text", f"`{value}` is compared as text, and no address is this text", path
    if key == "aws:principalarn" and ":assumed-role/" in value:
        yield (
            "session-arn",
            f"`{value}` is a session, and aws:PrincipalArn is the ARN of its role",
            path,
        )


_YEAR = re.compile("[0-9]{4}", re.ASCII)
_ADDRESS_KEYS = frozenset({"aws:sourceip", "aws:vpcsourceip"})


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
