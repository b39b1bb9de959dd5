"""IAM's rules for one statement of a policy that is written, by stages, with IAM's messages.

The order of the stages decides which violation is reported first: `validate`.
"""

import re
from collections.abc import Callable, Iterator

from daypass.core.arn import PARTS
from daypass.core.faults import Malformed
from daypass.core.policy.checks import java_dates, principal_hints
from daypass.core.policy.checks.syntax import quoted, suggest
from daypass.core.policy.language import operators, stored_principals
from daypass.core.policy.language.model import PolicyCondition, Statement

LEGACY_PARSING_FAILED = "The policy failed legacy parsing"
ARN_FORM = 'write "*", or an ARN as in "arn:aws:s3:::bucket/*"'
"""How an entry of Resource should look, for people."""
PRINCIPAL_MISSING = "Missing required field Principal"
_SID = re.compile(r"[0-9A-Za-z]*", re.ASCII)
_VENDOR = re.compile(r"[A-Za-z0-9.-]+", re.ASCII)
_PARTITION = re.compile(r"aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc|\*")
_IAM_PATHS = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)
_TRUST_ACTIONS = (
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
)
_TRUST_ACTION = re.compile(
    r"sts:(assumerole[a-z*?]*|tagsession|setsourceidentity|setcontext)", re.ASCII
)


Stage = Callable[[Statement, str], Iterator[Malformed]]
"""Yields the violations of one rule in a statement, given with the statement's path."""


def check_legacy(statement: Statement, path: str) -> Iterator[Malformed]:
    """Yield violations of IAM's older parser: an effect, a date, an ARN that it does not accept."""
    if statement.effect not in {"Allow", "Deny"}:
        spelled = statement.effect.capitalize()
        yield Malformed(
            LEGACY_PARSING_FAILED,
            path=f"{path}.Effect",
            hint=f'the case of "{statement.effect}" counts: write "{spelled}"',
        )
    for condition in statement.conditions:
        qualified = operators.parse_operator(condition.operator)
        if qualified is None or not qualified.operator.name.startswith("date"):
            continue
        for value in condition.values:
            if not java_dates.is_date(value):
                where = f"{path}.Condition.{condition.operator}.{condition.key}"
                yield Malformed(
                    LEGACY_PARSING_FAILED,
                    path=where,
                    hint=f'{quoted(value)} is no date: write it as in "2026-01-31T12:00:00Z"',
                )
    for name, entries in resource_elements(statement):
        for at, resource in enumerate(entries):
            parts = resource.split(":")
            is_real = parts[0] == "arn" and _PARTITION.fullmatch("".join(parts[1:2])) is not None
            is_short = "::" in resource and len(parts) < PARTS
            is_nameless = len(parts) >= PARTS and not parts[2]
            if is_real and (is_short or is_nameless):
                yield Malformed(
                    LEGACY_PARSING_FAILED,
                    path=f"{path}.{name}[{at}]",
                    hint=f"{quoted(resource)} lacks a part of an ARN: {ARN_FORM}",
                )


def check_sid(statement: Statement, path: str) -> Iterator[Malformed]:
    """Yield a violation if the Sid has other characters than letters and digits."""
    if not _SID.fullmatch(statement.sid):
        yield Malformed(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular"
            " expression [0-9A-Za-z]*",
            path=f"{path}.Sid",
            hint=_sid_hint(statement.sid),
        )


def _sid_hint(sid: str) -> str:
    plain = re.sub("[^0-9A-Za-z]", "", sid)
    written = f': write "{plain}", for example' if plain else ""
    return f"{quoted(sid)} has other characters than letters and digits{written}"


def resource_elements(statement: Statement) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return Resource and NotResource by name, empty if missing."""
    return (
        ("Resource", statement.resources or ()),
        ("NotResource", statement.not_resources or ()),
    )


def action_elements(statement: Statement) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return Action and NotAction by name, empty if missing."""
    return (("Action", statement.actions or ()), ("NotAction", statement.not_actions or ()))


def _require_actions(statement: Statement, path: str) -> Iterator[Malformed]:
    if not (statement.actions or statement.not_actions):
        yield Malformed(
            "Policy statement must contain actions.",
            path=f"{path}.Action",
            hint='add "Action": ["service:Name", …]',
        )


def _check_resource_formats(statement: Statement, path: str) -> Iterator[Malformed]:
    for name, entries in resource_elements(statement):
        for at, entry in enumerate(entries):
            problem = _resource_problem(entry)
            if problem:
                yield Malformed(
                    problem,
                    path=f"{path}.{name}[{at}]",
                    hint=f"{quoted(entry)} is no resource: {ARN_FORM}",
                )


def _resource_problem(text: str) -> str:
    """Return IAM's message for an entry of Resource; empty for a valid one."""
    if text == "*":
        return ""
    if ":" not in text:
        return f'Resource {text} must be in ARN format or "*".'
    parts = text.split(":", PARTS - 1)
    padded = parts + ["*"] * (PARTS - len(parts))
    if not _PARTITION.fullmatch(padded[1]):
        # IAM prints `arn` here, whatever the entry begins with.
        with_arn = ":".join(["arn", *padded[1:]])
        return f'Partition "{padded[1]}" is not valid for resource "{with_arn}".'
    if parts[0] != "arn":
        # IAM accepts it; but such a pattern matches no resource, which would make a Deny void.
        return f'Resource {text} must be in ARN format or "*".'
    if len(parts) == 2:  # noqa: PLR2004 - arn and partition alone
        return "Resource vendor must be fully qualified and cannot contain regexes."
    if padded[2] == "iam":
        return _iam_problem(text, padded)
    if padded[2] == "s3" and padded[3] not in {"", "*"} and "accesspoint" not in padded[5]:
        return f"Resource {text} can not contain region information."
    return ""


def _iam_problem(text: str, parts: list[str]) -> str:
    """Return IAM's message for an ARN of an IAM resource; empty for a valid one."""
    if parts[3] not in {"", "*"}:
        return f"IAM resource {text} cannot contain region information."
    path = parts[5]
    if path in {"*", "root"} or path.startswith(_IAM_PATHS) or path[:1] in {"*", "?", "$"}:
        return ""
    return f'IAM resource path must either be "*", root, or start with {", ".join(_IAM_PATHS)}.'


def _check_action_formats(statement: Statement, path: str) -> Iterator[Malformed]:
    for name, entries in action_elements(statement):
        for at, entry in enumerate(entries):
            problem = action_problem(entry)
            if problem:
                yield Malformed(
                    problem,
                    path=f"{path}.{name}[{at}]",
                    hint=f'{quoted(entry)} is no action: write "*", or "service:Name" with the'
                    ' service in full, as in "s3:Get*"',
                )


def action_problem(text: str) -> str:
    """Return IAM's message for an entry of Action; empty for a valid one."""
    if text == "*":
        return ""
    vendor, colon, name = text.partition(":")
    if not colon:
        return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    if ":" in name:
        return "Actions/Condition can contain only one colon."
    if set("*?") & set(vendor):
        return "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards"
    if not _VENDOR.fullmatch(vendor):
        return f"Vendor {vendor} is not valid"
    return ""


def _require_resources(statement: Statement, path: str) -> Iterator[Malformed]:
    if not (statement.resources or statement.not_resources):
        yield Malformed(
            "Policy statement must contain resources.",
            path=f"{path}.Resource",
            hint='add "Resource": "*", or the ARNs that the actions act on',
        )


def _refuse_principal(statement: Statement, path: str) -> Iterator[Malformed]:
    for name, element in (
        ("Principal", statement.principals),
        ("NotPrincipal", statement.not_principals),
    ):
        if element is not None:
            yield Malformed(
                "Policy document should not specify a principal.",
                path=f"{path}.{name}",
                hint=f"remove {name}: the policy is for whoever it is attached to",
                is_about_name=True,
            )


def _check_trust_elements(statement: Statement, path: str) -> Iterator[Malformed]:
    if statement.resources is not None or statement.not_resources is not None:
        name = "Resource" if statement.resources is not None else "NotResource"
        yield Malformed(
            "Has prohibited field Resource",
            path=f"{path}.{name}",
            hint=f"remove {name}: the resource of a trust policy is its role",
            is_about_name=True,
        )
    if statement.not_principals is not None:
        yield _prohibited(path, "NotPrincipal", "name in Principal whom the role trusts")
    else:
        yield from require_principal(statement, path)


def _prohibited(path: str, name: str, remedy: str) -> Malformed:
    """Return the fault for an element that the kind of policy does not have."""
    return Malformed(
        f"Has prohibited field {name}",
        path=f"{path}.{name}",
        hint=f"remove {name}: {remedy}",
        is_about_name=True,
    )


def require_principal(statement: Statement, path: str) -> Iterator[Malformed]:
    """Yield a violation if a statement names nobody."""
    element = statement.principals or statement.not_principals
    hint = 'add "Principal": {"AWS": "arn:aws:iam::ACCOUNT:role/NAME"}, or whom else it is for'
    if element is None:
        yield Malformed(PRINCIPAL_MISSING, path=f"{path}.Principal", hint=hint)
    elif not element.entries:
        message = f"{PRINCIPAL_MISSING} cannot be empty!"
        yield Malformed(message, path=f"{path}.Principal", hint=hint)


def check_principal_formats(statement: Statement, path: str) -> Iterator[Malformed]:
    """Yield a violation for each principal that may not be stored, whether it exists or not."""
    for name, element in (
        ("Principal", statement.principals),
        ("NotPrincipal", statement.not_principals),
    ):
        indexes: dict[str, int] = {}
        for kind, value in element.entries if element else ():
            at = indexes[kind] = indexes.get(kind, -1) + 1
            if not stored_principals.is_storable_entry(kind, value):
                yield Malformed(
                    stored_principals.invalid_principal_message(kind, value),
                    path=f"{path}.{name}.{kind}[{at}]",
                    hint=principal_hints.principal_hint(kind, value),
                )


def _check_rcp_elements(statement: Statement, path: str) -> Iterator[Malformed]:
    if statement.effect == "Allow":
        yield Malformed(
            "An RCP may only deny.", path=f"{path}.Effect", hint='write "Effect": "Deny"'
        )
    if statement.not_principals is not None:
        yield _prohibited(path, "NotPrincipal", "an RCP is for everybody; exempt by conditions")
    elif statement.principals is None or not statement.principals.is_star:
        yield Malformed(
            'The principal of an RCP must be "*".',
            path=f"{path}.Principal",
            hint='write "Principal": "*", and exempt callers by conditions',
        )
    if statement.not_actions is not None:
        yield _prohibited(path, "NotAction", "list the actions in Action")
    if "*" in (statement.actions or ()):
        yield Malformed(
            "An RCP must name the services of its actions.",
            path=f"{path}.Action",
            hint='write "s3:*", for example, for all actions of a service',
        )


def _check_trust_actions(statement: Statement, path: str) -> Iterator[Malformed]:
    for name, entries in action_elements(statement):
        for at, entry in enumerate(entries):
            if not _TRUST_ACTION.fullmatch(entry.lower()):
                yield Malformed(
                    "AssumeRole policy may only specify STS AssumeRole actions.",
                    path=f"{path}.{name}[{at}]",
                    hint=f"{quoted(entry)} is none: {_trust_action_hint(entry)}",
                )


def _trust_action_hint(entry: str) -> str:
    near = suggest(entry, _TRUST_ACTIONS)
    return near.removeprefix("; ") or f"write one of {', '.join(_TRUST_ACTIONS)}"


def _check_federated_subject(statement: Statement, path: str) -> Iterator[Malformed]:
    """Yield a violation for trust in a shared identity provider without a condition on the subject.

    Anybody can have an identity at such a provider.
    """
    entries = statement.principals.entries if statement.principals else ()
    for kind, value in entries:
        shared = next((host for host in _SHARED_ISSUERS if value.endswith(f"/{host}")), None)
        if kind != "Federated" or shared is None or statement.effect != "Allow":
            continue
        if not any(_pins_subject(condition, shared) for condition in statement.conditions):
            yield Malformed(
                f"Trust in {shared} must be limited by a condition on {shared}:sub.",
                path=f"{path}.Condition",
                hint="anybody can have an identity there: add"
                f' {{"StringLike": {{"{shared}:sub": "…"}}}} with your own part of the subject',
            )


_SHARED_ISSUERS = ("token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io")
"""Identity providers whose identities belong to many customers."""


def _pins_subject(condition: PolicyCondition, host: str) -> bool:
    """Return whether a condition limits the subject of a provider.

    It does if no value has wildcards alone after its first colon.
    """
    qualified = operators.parse_operator(condition.operator)
    return (
        qualified is not None
        and not qualified.for_all_values
        and not qualified.if_exists
        and qualified.operator.name in {"stringequals", "stringlike", "stringequalsignorecase"}
        and condition.key.lower() == f"{host}:sub"
        and bool(condition.values)
        and all(value.partition(":")[2].strip("*?/") for value in condition.values)
    )


IDENTITY_STAGES: tuple[Stage, ...] = (
    _require_actions,
    _require_resources,
    _check_resource_formats,
    _check_action_formats,
    _refuse_principal,
)
"""The stages of policies of a principal, and of SCPs."""
RESOURCE_STAGES: tuple[Stage, ...] = (
    _require_actions,
    require_principal,
    check_principal_formats,
    _require_resources,
    _check_resource_formats,
    _check_action_formats,
)
"""The stages of policies of resources and endpoints."""
TRUST_STAGES: tuple[Stage, ...] = (
    _require_actions,
    _check_trust_elements,
    check_principal_formats,
    _check_trust_actions,
    _check_federated_subject,
)
RCP_STAGES: tuple[Stage, ...] = (
    _check_rcp_elements,
    _require_actions,
    _require_resources,
    _check_resource_formats,
    _check_action_formats,
)
