"""`daypass policy explain`: decide one request and print the reasons as text or JSON."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from daypass import policy
from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.policy import account_reading
from daypass.cli.policy.named_principal import principal_from_arn
from daypass.cli.policy.policy_files import (
    DOCUMENT_BYTES_MAX,
    QUESTION_BYTES_MAX,
    with_file_names,
)
from daypass.core.policy.language.resources import requested_resource
from daypass.files import bounded_reading
from daypass.policy.action_names import unknown_action
from daypass.policy.assumed_request import (
    Assumption,
    CredentialKind,
    UnfitCredential,
    assume_request,
    owners_account,
)

_FILE_TYPE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


@click.command(short_help="Say whether a request is allowed, and why")
@click.option(
    "--principal",
    metavar="ARN",
    help="The caller: a user, role, session, root, service, or `anonymous`.",
)
@click.option(
    "--as",
    "as_arn",
    metavar="ARN",
    help="The caller, read from a running authority with its policies.",
)
@click.option(
    "--profile", metavar="NAME", help="With --as: the credentials to read the policies with."
)
@click.option(
    "--organization-profile",
    "organization_profile",
    metavar="NAME",
    help="The credentials to read the SCPs and RCPs above both accounts with.",
)
@click.option(
    "--credential",
    type=click.Choice([each.value for each in CredentialKind]),
    help="How the caller signs; default access-key for a user, session for a role and root.",
)
@click.option(
    "--session-name", metavar="NAME", default="", help="The name of the session of a role."
)
@click.option("--action", metavar="NAME", help="Such as s3:GetObject.")
@click.option(
    "--resource", metavar="ARN", help="The resource; `*` for an action without resources."
)
@click.option(
    "--resource-account",
    metavar="ID",
    help="The account that owns the resource; default that of its ARN, or the principal's.",
)
@click.option(
    "--context",
    "context",
    metavar="KEY=VALUE",
    multiple=True,
    help="A condition key; repeat for each key.",
)
@click.option(
    "--context-list", metavar="KEY=A,B", multiple=True, help="A multivalued condition key."
)
@click.option(
    "--identity", type=_FILE_TYPE, multiple=True, help="An identity policy; repeat for each."
)
@click.option("--boundary", type=_FILE_TYPE, help="The permissions boundary.")
@click.option(
    "--session", type=_FILE_TYPE, multiple=True, help="A session policy; repeat for each."
)
@click.option(
    "--resource-policy",
    type=_FILE_TYPE,
    help="The resource's policy; a role's trust policy for sts actions.",
)
@click.option(
    "--scp",
    type=_FILE_TYPE,
    multiple=True,
    help="A service control policy, one level each, the root's first.",
)
@click.option(
    "--rcp", type=_FILE_TYPE, multiple=True, help="A resource control policy, one level each."
)
@click.option("--vpce", type=_FILE_TYPE, multiple=True, help="A VPC endpoint's policy.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole explanation as JSON.")
@click.argument("file", type=_FILE_TYPE, required=False)
@click.pass_context
def explain(ctx: click.Context, /, as_json: bool, file: Path | None, **given: Any) -> None:
    """Decide one request, given by options or as FILE, and print why.

    FILE is a question in the format of `daypass policy simulate`. With options, the condition keys
    that every request has are filled in as a server does; what they assume of the credentials, the
    connection and the time is printed. --context sets further keys, or other values. Only policies
    are evaluated: calls that a kind of session may never make (GetSessionToken by a role's session,
    AssumeRole by root) are refused by the server in addition. Exit code: 0 allowed, 1 denied,
    2 wrong use.

    \b
    Examples:
      daypass policy explain --principal arn:aws:iam::111122223333:user/alice \\
          --identity alice.json --action s3:GetObject --resource arn:aws:s3:::reports/may.csv
      daypass policy explain --as arn:aws:iam::111122223333:role/reader \\
          --action s3:ListBucket --resource arn:aws:s3:::reports
      daypass policy explain question.json --json
    """
    names: dict[str, str] = {}
    assumptions: tuple[Assumption, ...] = ()
    try:
        if file is not None:
            asked = policy.parse_question(bounded_reading.read_text(file, QUESTION_BYTES_MAX))
        else:
            data, assumptions = _question_from_options(given, names)
            asked = policy.question_from_data(data)
    except policy.Malformed as fault:
        raise CommandError(
            with_file_names(fault.message, names),
            hint="daypass policy explain --help lists what is needed",
            code=2,
        ) from fault
    except bounded_reading.UnreadableFile as error:
        raise CommandError(str(error), code=2) from error
    asked = policy.with_policy_names(asked, names)
    if mistake := unknown_action(asked.request.action):
        output.print_line(f"warning: {mistake}", err=True)
    explanation = policy.explain(asked)
    if as_json:
        answered = policy.answer(asked, explained=True)
        if file is None:
            answered["assumed"] = [each._asdict() for each in assumptions]
        output.print_json(answered, indent=2)
    else:
        from daypass.cli import explanation_text

        output.print_lines(explanation_text.explanation_lines(explanation))
        output.print_lines(explanation_text.assumption_lines(assumptions, "--context", explanation))
    ctx.exit(0 if explanation.decision.allowed else 1)


def _question_from_options(
    given: dict[str, Any], names: dict[str, str]
) -> tuple[dict[str, Any], tuple[Assumption, ...]]:
    """Return the options as a question, with what was assumed about its request.

    Adds each policy's file name to `names`, by its place.
    """
    for name in ("action", "resource"):
        if not given[name]:
            raise CommandError(f"--{name} is missing", hint="daypass policy explain --help", code=2)
    if bool(given["principal"]) == bool(given["as_arn"]):
        raise CommandError(
            "give the caller by either --principal or --as",
            hint="daypass policy explain --help",
            code=2,
        )
    policies = _read_policies(given, names)
    if given["as_arn"]:
        known = account_reading.read_account_principal(
            given["profile"], given["as_arn"], given["session_name"], policies, names
        )
    else:
        known = account_reading.KnownPrincipal(
            *principal_from_arn(given["principal"], given["session_name"])
        )
    caller = known.principal.get("account", "")
    account, about_owner = owners_account(given["resource"], caller)
    if given["resource_account"]:
        account, about_owner = given["resource_account"], ()
    if not account:
        raise CommandError(
            "--resource-account is needed, because this principal has no account", code=2
        )
    organizations = account_reading.unread_organizations(
        is_account_read=bool(given["as_arn"]), policies=policies
    )
    if given["organization_profile"]:
        organizations = account_reading.add_control_policies(
            given["organization_profile"], caller, account, policies, names
        )
    try:
        assumed = assume_request(
            policy.principal_from_data(known.principal),
            resource=given["resource"],
            account=account,
            now=int(time.time()),  # noqa: TID251 - a command is an edge
            credential=CredentialKind(given["credential"]) if given["credential"] else None,
            is_secure=known.is_secure,
            tags=known.tags,
            callers_organization=organizations.callers,
            owners_organization=organizations.owners,
        ).with_keys(_context_keys(given["context"], given["context_list"]))
    except UnfitCredential as error:
        raise CommandError(str(error), hint="leave out --credential", code=2) from error
    request = {
        "principal": known.principal,
        "action": given["action"],
        "resource": requested_resource(given["action"], given["resource"]),
        "resource_account": account,
        "context": assumed.json_keys(),
    }
    return {"v": 1, "request": request, "policies": policies}, (
        *known.assumptions,
        *about_owner,
        *organizations.assumptions,
        *assumed.assumptions,
    )


def _context_keys(single: Iterable[str], many: Iterable[str]) -> dict[str, str | tuple[str, ...]]:
    """Return the condition keys of `--context` and `--context-list`; the last of a key counts.

    Raises `CommandError` for an option that is not KEY=VALUE.
    """
    found: dict[str, str | tuple[str, ...]] = {}
    for is_list, pairs in ((False, single), (True, many)):
        for pair in pairs:
            key, equals, value = pair.partition("=")
            if not equals or not key:
                raise CommandError(f"`{pair}` is not KEY=VALUE", code=2)
            found[key.lower()] = (tuple(value.split(",")) if value else ()) if is_list else value
    return found


def _read_policies(given: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    def read(path: Path, place: str) -> str:
        names[place] = "standard input" if str(path) == "-" else str(path)
        return bounded_reading.read_text(path, DOCUMENT_BYTES_MAX)

    def every(kind: str, paths: Iterable[Path]) -> list[str]:
        return [read(path, f"policies.{kind}[{at}]") for at, path in enumerate(paths)]

    found: dict[str, Any] = {"identity": every("identity", given["identity"])}
    if given["boundary"]:
        found["boundary"] = every("boundary", [given["boundary"]])
    for kind in ("session", "vpce"):
        if given[kind]:
            found[kind] = every(kind, given[kind])
    if given["resource_policy"]:
        found["resource"] = read(given["resource_policy"], "policies.resource")
    for kind in ("scp", "rcp"):
        if given[kind]:
            found[kind] = [
                [read(path, f"policies.{kind}[{at}][0]")] for at, path in enumerate(given[kind])
            ]
    return found
