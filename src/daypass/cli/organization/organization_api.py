"""The options, API clients and error texts that `apply` and `export` share."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from daypass.cli.command_error import CommandError
from daypass.client import configuration_files

if TYPE_CHECKING:
    from daypass.blueprint.api_clients import ApiClients

PROFILE_OPTION = click.option(
    "--profile",
    "-p",
    metavar="NAME",
    envvar=configuration_files.PROFILE_VARIABLES,
    help="A profile of the management account; default as for the AWS CLI.",
)
ENDPOINT_OPTION = click.option(
    "--endpoint", metavar="URL", help="The authority's URL; default AWS_ENDPOINT_URL, then AWS."
)


@contextmanager
def open_api_clients(profile: str | None, endpoint: str | None) -> "Iterator[ApiClients]":
    """Yield the API clients of an organization, raising their errors as `CommandError`."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    from daypass.blueprint.api_clients import ApiClients, UnusableProfile
    from daypass.blueprint.observe.identity_center import NoInstance
    from daypass.blueprint.observe.organization import NotManagementAccount
    from daypass.blueprint.plan.changed_copies import ImpossibleStep
    from daypass.blueprint.plan.plan import PlanBlocked
    from daypass.client import exported_variables
    from daypass.client.source_faults import unusable_profile

    if profile is not None:
        exported_variables.remove_exported(os.environ, exported_variables.PROFILE_ORIGIN)
    try:
        # The user agent shows in the authority's log which command made a call.
        command = click.get_current_context().info_name
        yield ApiClients(profile, endpoint, os.environ, agent=f"daypass/{command}")
    except (NoInstance, NotManagementAccount, PlanBlocked) as error:
        raise CommandError(str(error), hint=error.hint) from error
    except ImpossibleStep as error:
        raise CommandError(
            f"the authority would refuse the plan: {error}",
            hint="correct the file; nothing was changed",
        ) from error
    except UnusableProfile as error:
        told = unusable_profile(error.profile, error.command, error.cause)
        raise CommandError(str(told), hint=told.hint, code=2) from error
    except ClientError as error:
        raise CommandError(refusal_text(error), hint=refusal_hint(error)) from error
    except (BotoCoreError, ResponseParserError) as error:
        raise CommandError(
            f"the authority cannot be reached: {error}",
            hint="check the credentials of --profile, and the address of --endpoint",
        ) from error


def refusal_text(error: Exception) -> str:
    """Return an API error as text: operation, code and message, else the exception's text."""
    details = getattr(error, "response", {}).get("Error", {})
    operation = getattr(error, "operation_name", "")
    return (
        f"{operation}: {details['Code']}: {details.get('Message', '')}" if details else str(error)
    )


def refusal_hint(error: Exception) -> str:
    """Return a hint for an API error, by its operation and code."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
    if getattr(error, "operation_name", "") == "AssumeRole":
        return (
            "use a user or role of the management account with sts:AssumeRole"
            " (root cannot assume roles); access-role names the role"
        )
    if "explicit deny" in str(error):
        return "exempt aws:PrincipalArn of the access role in the policy that denies it"
    if code.startswith("AccessDenied"):
        return (
            "the credentials need organizations:*, iam:* for roles and users, and sso:* and"
            " identitystore:* for people, in the management account"
        )
    return "correct what the message says"
