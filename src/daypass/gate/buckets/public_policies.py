"""Whether a bucket policy is public: an Allow for everybody without a condition on fixed callers.

Source: S3 user guide, "Blocking public access to your Amazon S3 storage", "The meaning of public".
"""

import ipaddress
import re
from functools import cache, lru_cache

from daypass.core.faults import Malformed
from daypass.core.policy.decision.compile import PolicyGrammar, compile_document
from daypass.core.policy.language import condition_values, operators
from daypass.core.policy.language.model import (
    PolicyCondition,
    PolicyDocument,
    PrincipalElement,
    Statement,
)
from daypass.core.policy.language.parse import parse_document
from daypass.core.policy.language.resources import is_all_stars
from daypass.services.kit.authorization_question import (
    NO_KEYS,
    AuthorizationQuestion,
    Circumstances,
    ContextKeys,
)
from daypass.services.kit.caller import ANONYMOUS
from daypass.services.kit.context_keys import RequestKeys
from daypass.state.snapshot.directory import Directory

_CALLER_KEYS = frozenset(
    {
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceowner",
        "aws:sourceaccount",
        "aws:userid",
        "aws:principalorgid",
        "aws:principalaccount",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
    }
)
"""Condition keys that identify the caller, or the caller's network; S3 user guide, "The meaning of
public". A KMS key id does neither: anybody may name one."""
_POSITIVE_OPERATORS = frozenset(
    {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"}
)
_ANY_SESSION = re.compile(r"[A-Z0-9]+:\*")
_PREFIX_LENGTH_MIN = {4: 8, 6: 32}
"""The shortest prefix that still counts as a fixed range of addresses, by IP version."""


@lru_cache(maxsize=256)
def is_public_text(text: str) -> bool:
    """Say whether a stored policy is public; one that cannot be parsed counts as public."""
    try:
        return is_public(parse_document(text))
    except Malformed:
        # It may allow everybody.
        return True


def is_public(document: PolicyDocument) -> bool:
    """Say whether a policy is public: it allows everybody, and no condition has fixed values.

    A condition that an anonymous caller satisfies restricts nobody, however fixed its values are.
    """
    return any(
        statement.effect == "Allow"
        and _is_for_everybody(statement)
        and not any(
            _restricts_callers(condition) and not _holds_for_anonymous(condition, document.version)
            for condition in statement.conditions
        )
        for statement in document.statements
    )


def _is_for_everybody(statement: Statement) -> bool:
    if statement.not_principals is not None:
        return True
    entries = statement.principals.entries if statement.principals else ()
    return any(value == "*" for _, value in entries)


def _restricts_callers(condition: PolicyCondition) -> bool:
    """Say whether a condition holds for fixed values alone."""
    named = operators.parse_operator(condition.operator)
    if named is None or named.for_all_values or named.if_exists or not condition.values:
        return False
    key = condition.key.lower()
    if key == "aws:sourceip":
        return named.operator.name == "ipaddress" and _are_narrow_ranges(condition.values)
    if key not in _CALLER_KEYS or named.operator.name not in _POSITIVE_OPERATORS:
        return False
    is_pattern = named.operator.name not in {"stringequals", "stringequalsignorecase"}
    return all(_is_fixed(value, is_pattern=is_pattern) for value in condition.values)


def _is_fixed(value: str, *, is_pattern: bool) -> bool:
    if "${" in value or _ANY_SESSION.fullmatch(value):
        return False
    return not (is_pattern and (set("*?") & set(value))) and not is_all_stars(value)


def _holds_for_anonymous(condition: PolicyCondition, version: str) -> bool:
    """Say whether a condition holds for an anonymous caller, by the policy engine."""
    everybody = Statement(
        effect="Allow",
        principals=PrincipalElement((("AWS", "*"),)),
        actions=("*",),
        resources=("*",),
        conditions=(condition,),
    )
    [statement] = compile_document(
        PolicyDocument(version, (everybody,)), PolicyGrammar.RESOURCE
    ).statements
    return statement.conditions_hold(_anonymous_context())


@cache
def _anonymous_context() -> ContextKeys:
    """Return the condition keys that all anonymous requests share, without an address."""
    question = AuthorizationQuestion("s3:GetObject", "arn:aws:s3:::*", "", NO_KEYS)
    return RequestKeys(
        question, ANONYMOUS, Directory(), Circumstances(0, "", secure=True, region="")
    )


def _are_narrow_ranges(values: tuple[str, ...]) -> bool:
    """Say whether the ranges, with neighbours joined, are each narrow enough to be fixed."""
    parsed = [condition_values.parse_network(value) for value in values]
    networks = [_as_v4(each) for each in parsed if each is not None]
    if len(networks) < len(values):
        return False
    by_version = (
        ipaddress.collapse_addresses([each for each in networks if each.version == version])  # type: ignore[type-var]
        for version in _PREFIX_LENGTH_MIN
    )
    return all(
        each.prefixlen >= _PREFIX_LENGTH_MIN[each.version] for some in by_version for each in some
    )


_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
"""IPv4-mapped IPv6 addresses (RFC 4291, 2.5.5.2)."""


def _as_v4(network: condition_values.Network) -> condition_values.Network:
    """Return the IPv4 range in an IPv4-mapped IPv6 range, else the range itself."""
    if not isinstance(network, ipaddress.IPv6Network) or not network.overlaps(_MAPPED):
        return network
    length = max(0, network.prefixlen - _MAPPED.prefixlen)
    first = int(network.network_address) & 0xFFFFFFFF if length else 0
    return ipaddress.IPv4Network((first, length))
