"""What `apply` and `export` share: whose organization it is, and what went wrong on the way to it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from daypass.cli.command_error import CommandError

if TYPE_CHECKING:
    from daypass.blueprint.api_clients import ApiClients

PROFILE_OPTION = click.option(
    "--profile",
    "-p",
    metavar="NAME",
    envvar="AWS_PROFILE",
    help="A profile of the management account; else what the AWS CLI would use.",
)
ENDPOINT_OPTION = click.option(
    "--endpoint", metavar="URL", help="Where the authority is; AWS_ENDPOINT_URL or AWS without it."
)


@contextmanager
def open_api_clients(profile: str | None, endpoint: str | None) -> "Iterator[ApiClients]":
    """Give the clients that the organization is read and changed by.

    Raises their failures as `CommandError`.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from daypass.blueprint.api_clients import ApiClients
    from daypass.blueprint.observe.organization import NotManagementAccount
    from daypass.blueprint.plan.changed_copies import ImpossibleStep
    from daypass.blueprint.plan.plan import PlanBlocked
    from daypass.client import exported_variables

    if profile is not None:
        exported_variables.remove_exported(os.environ, exported_variables.PROFILE_ORIGIN)
    try:
        # The authority's log tells by the agent which command its calls are of.
        command = click.get_current_context().info_name
        yield ApiClients(profile, endpoint, os.environ, agent=f"daypass/{command}")
    except (NotManagementAccount, PlanBlocked) as error:
        raise CommandError(str(error), hint=error.hint) from error
    except ImpossibleStep as error:
        raise CommandError(
            f"the authority would refuse the plan: {error}",
            hint="mend the file; nothing was changed",
        ) from error
    except ClientError as error:
        raise CommandError(refusal_text(error), hint=refusal_hint(error)) from error
    except BotoCoreError as error:
        raise CommandError(
            f"the authority cannot be reached: {error}",
            hint="--profile says whose credentials, --endpoint where",
        ) from error


def refusal_text(error: Exception) -> str:
    """Say what was refused, in AWS's words."""
    details = getattr(error, "response", {}).get("Error", {})
    operation = getattr(error, "operation_name", "")
    return (
        f"{operation}: {details['Code']}: {details.get('Message', '')}" if details else str(error)
    )


def refusal_hint(error: Exception) -> str:
    """Say what to do about a refusal, where that is known."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
    if getattr(error, "operation_name", "") == "AssumeRole":
        return "use a user or role of the management account with sts:AssumeRole (root assumes no role); access-role names the role"
    if "explicit deny" in str(error):
        return "except aws:PrincipalArn of the access role from the policy that denies it"
    if code.startswith("AccessDenied"):
        return "the credentials need organizations:*, and iam:* for roles and users, in the management account"
    return "mend what it says"
