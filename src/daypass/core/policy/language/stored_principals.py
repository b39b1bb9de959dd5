"""Users and roles in stored policies: by unique id, so that one made anew has no inherited trust.

Trust policies and resource policies name users and roles by ARN when they are written and read;
they are stored with the unique ids. What may not be stored is refused here, and only here: a stored
entry that is refused today means what it meant (`principal_element`). Source: IAM user guide, "AWS
JSON policy elements: Principal" ("transforms … to the principal's unique ID"; "Service principals
in opt-in Regions").
"""

import json
import re
from collections.abc import Callable

from daypass.core.account_ids import is_account_id
from daypass.core.faults import Malformed
from daypass.core.jsontext import Json
from daypass.core.policy.language.principal_element import is_readable_entry

ResolvePrincipal = Callable[[str], str | None]
"""From an ARN to a unique id, or back; None for a user or role that does not exist."""

_STORED_ID = re.compile(r"(?:AIDA|AROA)[A-Z0-9]{12,124}", re.ASCII)
_STORABLE_ARN = re.compile(
    r"arn:[a-z-]+:iam::[0-9]{12}:(?:root|(?:user|role)/.+)"
    r"|arn:[a-z-]+:sts::[0-9]{12}:(?:assumed-role/[^/]+/[^/]+|federated-user/[^/]+)",
    re.ASCII,
)
"""The ARNs under AWS that IAM accepts in a policy."""
_SERVICE_NAME = re.compile(r"([a-z0-9-]+(?:\.[a-z0-9-]+)*)\.amazonaws\.com", re.ASCII)
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}", re.ASCII)
_SERVICES_OUTSIDE_AMAZONAWS = frozenset(
    {"alexa-appkit.amazon.com", "alexa-connectedhome.amazon.com"}
)
"""The service principals that do not end in `amazonaws.com`. Source: AWS Policy Generator."""
_DEFAULT_REGIONS = frozenset(
    {
        "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1",
        "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2",
        "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
    }
)  # fmt: skip
"""The regions that are enabled in every account; every later one is an opt-in region.

Source: Account Management guide, "Enable or disable AWS Regions in your account".
"""
_SERVICES_WITH_REGIONAL_NAMES = frozenset({"codedeploy", "dms", "logs", "states"})
"""The services that have a principal in every region.

Source: the user guides of CodeDeploy, DMS and Step Functions, and of CloudWatch Logs.
"""


def is_unique_id(value: str) -> bool:
    """Return whether an entry has the form of a unique id of a user or role."""
    return _STORED_ID.fullmatch(value) is not None


def is_storable_entry(kind: str, value: str) -> bool:
    """Return whether an entry may stand in a policy that is written.

    Whether the user or role exists is checked by `with_unique_ids`.
    """
    if not is_readable_entry(kind, value):
        return False
    if kind == "Service":
        return is_service_name(value)
    if kind != "AWS" or value == "*" or is_account_id(value) or is_unique_id(value):
        return True
    return _STORABLE_ARN.fullmatch(value) is not None


def is_service_name(text: str) -> bool:
    """Return whether a text has the form of a service principal, such as `ec2.amazonaws.com`.

    One with a region has it only in an opt-in region, or for the few services that have a
    principal in every region. Whether AWS has the service is not known here.
    """
    match = _SERVICE_NAME.fullmatch(text)
    if match is None:
        return text in _SERVICES_OUTSIDE_AMAZONAWS
    service, *further = match[1].split(".")
    regions = [label for label in (service, *further) if _REGION.fullmatch(label)]
    return not regions or (
        regions == further[-1:]
        and (regions[0] not in _DEFAULT_REGIONS or service in _SERVICES_WITH_REGIONAL_NAMES)
    )


_USER_OR_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:(?:user|role)/.+", re.ASCII)


def with_unique_ids(text: str, id_of: ResolvePrincipal) -> str:
    """Return a valid trust or resource policy with unique ids in place of user and role ARNs.

    Raises `Malformed` `Invalid principal in policy: "AWS":"…"` for a principal that does not exist,
    contains a wildcard, is `*` under another type than AWS, or is no name of a service.
    """

    def replace(kind: str, value: str) -> str:
        if is_storable_entry(kind, value):
            unique_id = (
                id_of(value) if kind == "AWS" and _USER_OR_ROLE_ARN.fullmatch(value) else value
            )
            if unique_id is not None:
                return unique_id
        raise Malformed(invalid_principal_message(kind, value), path="Principal")

    return _replace_in_text(text, replace)


def invalid_principal_message(kind: str, value: str) -> str:
    """Return AWS's message for a principal that may not be stored."""
    return f'Invalid principal in policy: "{kind.upper()}":"{value}"'


def with_arns(text: str, arn_of: ResolvePrincipal) -> str:
    """Return a stored policy with the ARNs of users and roles that exist in place of their ids.

    The id of a deleted one is left as it is.
    """

    def replace(kind: str, value: str) -> str:
        is_id = kind == "AWS" and is_unique_id(value)
        return (arn_of(value) or value) if is_id else value

    return _replace_in_text(text, replace)


ReplaceEntry = Callable[[str, str], str]
"""From a type of principal and an entry to the entry that replaces it."""


def _replace_in_text(text: str, replace: ReplaceEntry) -> str:
    """Return the document with every principal replaced; the same text if none changes."""
    # A number with a fraction becomes text: it means the same, and keeps its digits.
    document: Json = json.loads(text, parse_float=str)
    changed = _replace_in_document(document, replace)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False) if changed else text


def _replace_in_document(document: Json, replace: ReplaceEntry) -> bool:
    """Replace the principals in a document; return whether any changed."""
    changed = False
    statements = document.get("Statement") if isinstance(document, dict) else None
    for statement in statements if isinstance(statements, list) else [statements]:
        for name in ("Principal", "NotPrincipal"):
            element = statement.get(name) if isinstance(statement, dict) else None
            if isinstance(element, dict):
                changed = _replace_in_element(element, replace) or changed
    return changed


def _replace_in_element(element: dict[str, Json], replace: ReplaceEntry) -> bool:
    """Replace the entries of one Principal element; return whether any changed."""
    changed = False
    for kind, entries in element.items():
        listed = entries if isinstance(entries, list) else [entries]
        replaced: list[Json] = [replace(kind, each) for each in listed if isinstance(each, str)]
        element[kind] = replaced if isinstance(entries, list) else replaced[0]
        changed = changed or replaced != listed
    return changed
