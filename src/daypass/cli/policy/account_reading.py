"""Read a principal and the organization policies above it from a running authority or AWS."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from daypass.cli.command_error import CommandError
from daypass.cli.policy.named_principal import principal_from_arn
from daypass.policy.assumed_request import Assumption, Organization


@dataclass(frozen=True, slots=True)
class KnownPrincipal:
    """A principal as a question file has it, with what was assumed about it, and its tags.

    `is_secure`: whether the account that it was read from is reached by HTTPS.
    """

    principal: dict[str, str]
    assumptions: tuple[Assumption, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    is_secure: bool = False


@dataclass(frozen=True, slots=True)
class Organizations:
    """The organizations of the caller's and of the resource's account; None: not known."""

    callers: Organization | None = None
    owners: Organization | None = None
    assumptions: tuple[Assumption, ...] = ()


def unread_organizations(*, is_account_read: bool, policies: Mapping[str, Any]) -> Organizations:
    """Return organizations that are not known.

    Of an account that was read, it is assumed that no SCPs and RCPs are above it but those given.
    """
    missing = [kind.upper() + "s" for kind in ("scp", "rcp") if kind not in policies]
    if not is_account_read or not missing:
        return Organizations()
    why = "--organization-profile reads those above the accounts"
    return Organizations(assumptions=tuple(Assumption(each, None, why) for each in missing))


def read_account_principal(
    profile: str | None,
    arn: str,
    session_name: str,
    policies: dict[str, Any],
    names: dict[str, str],
) -> KnownPrincipal:
    """Return the principal of `--as`; puts its policies before those of files.

    Adds the names of its policies to `names`, by their place in the question.
    """
    from daypass.client import exported_variables
    from daypass.client.account_policies import PoliciesUnavailable, read_principal

    if profile:
        exported_variables.remove_exported(os.environ, exported_variables.PROFILE_ORIGIN)
    try:
        found = read_principal(profile, arn, os.environ)
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
    is_session = ":assumed-role/" in arn and ":role/" in found.arn
    principal, assumptions = principal_from_arn(
        found.arn, arn.rpartition("/")[2] if is_session else session_name
    )
    principal["unique_id"] = found.unique_id
    return KnownPrincipal(principal, assumptions, found.tags, found.is_secure)


def add_control_policies(
    profile: str, caller: str, owner: str, policies: dict[str, Any], names: dict[str, str]
) -> Organizations:
    """Add the SCPs above the caller's account and the RCPs above the owner's to the policies.

    A kind that files give is left as it is. Returns the organizations of both accounts.
    """
    from daypass.client import exported_variables
    from daypass.client.account_policies import PoliciesUnavailable, read_account_control_policies

    exported_variables.remove_exported(os.environ, exported_variables.PROFILE_ORIGIN)
    organizations: dict[str, Organization] = {}
    for account, kind in ((caller, "scp"), (owner, "rcp")):
        if not account or kind in policies:
            continue
        try:
            above = read_account_control_policies(profile, account, os.environ)
        except PoliciesUnavailable as error:
            raise CommandError(str(error), hint=error.hint, code=error.code) from error
        organizations[kind] = Organization(
            above.organization, above.parent_path, above.management_account
        )
        levels = above.scps if kind == "scp" else above.rcps
        for at, level in enumerate(levels or ()):
            names |= {
                f"policies.{kind}[{at}][{n}]": f"{each.name} on {each.target}"
                for n, each in enumerate(level)
            }
        if levels is not None:
            policies[kind] = [[each.content for each in level] for level in levels]
    return Organizations(organizations.get("scp"), organizations.get("rcp"))
