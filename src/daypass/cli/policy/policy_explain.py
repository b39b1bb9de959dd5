"""`daypass policy explain`: decide one request and print the reasons as text or JSON."""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from daypass import policy
from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.policy.condition_keys import set_condition_key
from daypass.cli.policy.named_principal import principal_from_arn
from daypass.cli.policy.policy_files import (
    DOCUMENT_BYTES_MAX,
    QUESTION_BYTES_MAX,
    with_file_names,
)
from daypass.files import bounded_reading

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
@click.option("--action", metavar="NAME", help="Such as s3:GetObject.")
@click.option(
    "--resource", metavar="ARN", help="The resource; `*` for an action without resources."
)
@click.option(
    "--resource-account",
    metavar="ID",
    help="The account that owns the resource; default the principal's.",
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
    that follow from the principal and the time (aws:PrincipalArn, aws:username, aws:CurrentTime and
    the like) are filled in; --context sets further keys, or other values. Only policies are
    evaluated: calls that a kind of session may never make (GetSessionToken by a role's session,
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
    try:
        if file is not None:
            asked = policy.parse_question(bounded_reading.read_text(file, QUESTION_BYTES_MAX))
        else:
            asked = policy.question_from_data(_question_from_options(given, names))
    except policy.Malformed as fault:
        raise CommandError(
            with_file_names(fault.message, names),
            hint="daypass policy explain --help lists what is needed",
            code=2,
        ) from fault
    except bounded_reading.UnreadableFile as error:
        raise CommandError(str(error), code=2) from error
    asked = policy.with_policy_names(asked, names)
    explanation = policy.explain(asked)
    if as_json:
        output.print_json(policy.answer(asked, explained=True), indent=2)
    else:
        from daypass.cli import explanation_text

        output.print_lines(explanation_text.explanation_lines(explanation))
    ctx.exit(0 if explanation.decision.allowed else 1)


def _question_from_options(given: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return the options as a question; adds each policy's file name to `names`, by its place."""
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
        principal, keys = _read_account_principal(given, policies, names)
    else:
        principal, keys = principal_from_arn(given["principal"])
    account = given["resource_account"] or principal.get("account") or ""
    if not account:
        raise CommandError(
            "--resource-account is needed, because this principal has no account", code=2
        )
    if given["organization_profile"]:
        keys |= _add_control_policies(given, principal.get("account", ""), account, policies, names)
    now = int(time.time())  # noqa: TID251 - a command is an edge
    context: dict[str, Any] = {
        "aws:CurrentTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        "aws:EpochTime": str(now),
        **keys,
    }
    if given["resource"] != "*":
        context["aws:ResourceAccount"] = account
    _set_context_keys(context, given["context"], given["context_list"])
    return {
        "v": 1,
        "request": {
            "principal": principal,
            "action": given["action"],
            "resource": given["resource"],
            "resource_account": account,
            "context": context,
        },
        "policies": policies,
    }


def _set_context_keys(context: dict[str, Any], single: Iterable[str], many: Iterable[str]) -> None:
    """Set the condition keys of `--context` and `--context-list`.

    Raises `CommandError` for an option that is not KEY=VALUE.
    """
    for is_list, pairs in ((False, single), (True, many)):
        for pair in pairs:
            key, equals, value = pair.partition("=")
            if not equals or not key:
                raise CommandError(f"`{pair}` is not KEY=VALUE", code=2)
            set_condition_key(
                context, key, (value.split(",") if value else []) if is_list else value
            )


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


def _read_account_principal(
    given: dict[str, Any], policies: dict[str, Any], names: dict[str, str]
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the principal of `--as` and its condition keys; puts its policies before files'."""
    from daypass.client import exported_variables
    from daypass.client.account_policies import PoliciesUnavailable, read_principal

    if given["profile"]:
        exported_variables.remove_exported(os.environ, exported_variables.PROFILE_ORIGIN)
    try:
        found = read_principal(given["profile"], given["as_arn"], os.environ)
    except PoliciesUnavailable as error:
        raise CommandError(str(error), hint=error.hint, code=error.code) from error
    files = policies["identity"]
    shifted = {
        f"policies.identity[{at + len(found.identity)}]": names.pop(f"policies.identity[{at}]")
        for at in range(len(files))
    }
    names |= shifted
    names |= {f"policies.identity[{at}]": name for at, (name, _) in enumerate(found.identity)}
    policies["identity"] = [text for _, text in found.identity] + files
    if found.boundary is not None and "boundary" not in policies:
        names["policies.boundary[0]"], text = found.boundary
        policies["boundary"] = [text]
    principal, keys = principal_from_arn(found.arn)
    principal["unique_id"] = found.unique_id
    return principal, keys | {f"aws:PrincipalTag/{key}": value for key, value in found.tags.items()}


def _add_control_policies(
    given: dict[str, Any],
    caller: str,
    owner: str,
    policies: dict[str, Any],
    names: dict[str, str],
) -> dict[str, Any]:
    """Add the SCPs above the caller and the RCPs above the owner to the policies.

    Returns the condition keys of their organizations.
    """
    from daypass.client import exported_variables
    from daypass.client.account_policies import PoliciesUnavailable, read_account_control_policies

    exported_variables.remove_exported(os.environ, exported_variables.PROFILE_ORIGIN)
    keys: dict[str, Any] = {}
    for account, kind, prefix in ((caller, "scp", "Principal"), (owner, "rcp", "Resource")):
        if not account or kind in policies:
            continue
        try:
            above = read_account_control_policies(
                given["organization_profile"], account, os.environ
            )
        except PoliciesUnavailable as error:
            raise CommandError(str(error), hint=error.hint, code=error.code) from error
        keys[f"aws:{prefix}OrgID"] = above.organization
        keys[f"aws:{prefix}OrgPaths"] = [above.parent_path]
        if kind == "scp":
            keys["aws:PrincipalOrgMasterAccountId"] = above.management_account
        levels = above.scps if kind == "scp" else above.rcps
        for at, level in enumerate(levels or ()):
            names |= {
                f"policies.{kind}[{at}][{n}]": f"{each.name} on {each.target}"
                for n, each in enumerate(level)
            }
        if levels is not None:
            policies[kind] = [[each.content for each in level] for level in levels]
    return keys
