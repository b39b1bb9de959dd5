"""The codes of findings, each with its level and how to mend what it is about.

Sources: IAM user guide, "Access Analyzer policy check reference"; the user guides that the checks
name.
"""

from collections.abc import Mapping
from typing import NamedTuple

INVALID, ERROR, WARNING = "invalid", "error", "warning"
LintMessage = tuple[str, str, str]
"""A code, a message, and the path that the message is about."""


class LintCode(NamedTuple):
    """The level of a kind of finding, and its fix for people."""

    level: str
    fix: str


CODES: Mapping[str, LintCode] = {
    "invalid": LintCode(INVALID, ""),
    "json": LintCode(INVALID, "write JSON as RFC 8259 has it: no comments, no comma at an end"),
    "duplicate": LintCode(INVALID, "join the two into one member"),
    "quota": LintCode(INVALID, "shorten it, or split it into several policies"),
    "unreadable": LintCode(ERROR, "write the value in the form that the operator compares"),
    "cidr-text": LintCode(ERROR, "use IpAddress or NotIpAddress"),
    "session-arn": LintCode(ERROR, "write the role's ARN: arn:aws:iam::ACCOUNT:role/NAME"),
    "rcp-service": LintCode(ERROR, "use an SCP, or the resource's own policy"),
    "variable-place": LintCode(ERROR, "compare by an operator of texts or ARNs, or write it out"),
    "variable-value": LintCode(WARNING, "use a key that every such request has, or give a default"),
    "variable": LintCode(WARNING, "write ${key}, or ${key, 'default'}"),
    "old-variable": LintCode(WARNING, 'write "Version": "2012-10-17"'),
    "brace": LintCode(WARNING, "close the variable"),
    "version": LintCode(WARNING, 'write "Version": "2012-10-17"'),
    "year": LintCode(WARNING, "write a whole date, as in 2026-01-01"),
    "unknown-service": LintCode(
        WARNING, "look the prefix up in the service authorization reference"
    ),
    "unknown-action": LintCode(
        WARNING, "look the action up in the service authorization reference"
    ),
    "unknown-key": LintCode(WARNING, "look the key up in the service authorization reference"),
    "key-of-no-action": LintCode(WARNING, "use a key that the actions have, or move the actions"),
    "key-type": LintCode(WARNING, "use an operator of the key's type"),
    "mfa-absent": LintCode(WARNING, "use BoolIfExists"),
    "never": LintCode(WARNING, "change it to what the statement is about, or remove it"),
    "redundant": LintCode(WARNING, "remove the entry"),
    "wildcard": LintCode(WARNING, "use StringLike, or remove the wildcard"),
    "no-qualifier": LintCode(WARNING, "begin the operator with ForAnyValue: or ForAllValues:"),
    "for-all-single": LintCode(WARNING, "remove ForAllValues:"),
    "for-all-absent": LintCode(WARNING, 'add a Null condition with "false" for the key'),
    "null-qualifier": LintCode(WARNING, "remove the set qualifier"),
    "host-bits": LintCode(WARNING, "write the network's own address, or a longer prefix"),
    "private-address": LintCode(WARNING, "use aws:VpcSourceIp, or a public address"),
    "not-principal": LintCode(WARNING, "name principals, or use a condition on aws:PrincipalArn"),
    "allow-not-action": LintCode(WARNING, "list the actions, or deny the others"),
    "everything": LintCode(WARNING, "name the services that are needed"),
    "pass-role": LintCode(WARNING, "name the roles, and limit iam:PassedToService"),
    "trust-everybody": LintCode(WARNING, "name accounts or roles, or limit aws:PrincipalOrgID"),
    "public": LintCode(WARNING, "name who it is for, or limit it by a condition"),
    "confused-deputy": LintCode(WARNING, "add a condition on aws:SourceArn or aws:SourceAccount"),
    "open-provider": LintCode(WARNING, "add a condition on the provider's sub"),
    "bounded": LintCode(WARNING, "split the document"),
}
"""Every code that lint reports."""
