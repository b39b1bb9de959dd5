"""Create a member account and wait for it, also if an interrupted run requested it."""

from typing import Any

from daypass.aws.tags import tag_list
from daypass.blueprint.api_clients import ApiClients
from daypass.blueprint.organization import Account

CREATION_TRIES = 120  # status requests while AWS creates an account
CREATION_SECONDS = 5.0  # between two of them
"""AWS creates an account in minutes; after ten minutes the wait ends."""


class AccountCreationFailed(Exception):
    """An account creation that AWS accepted but did not complete."""


def create_account(clients: ApiClients, account: Account) -> str:
    """Create an account unless it exists, and return its id.

    Raises `AccountCreationFailed`.
    """
    status = (
        _pending_request(clients, account)
        or clients.call(
            "create_account",
            Email=account.email,
            AccountName=account.name,
            RoleName=account.access_role,
            Tags=tag_list(account.target.tags),
        )["CreateAccountStatus"]
    )
    status = _wait_for_end(clients, status)
    identifier = str(status.get("AccountId", ""))
    if status["State"] == "SUCCEEDED" and identifier:
        return identifier
    reason = status.get("FailureReason", "no reason was given")
    if reason != "EMAIL_ALREADY_EXISTS":
        raise AccountCreationFailed(f"account {account.email} was not created: {reason}")
    return _member_id(clients, account)


def _pending_request(clients: ApiClients, account: Account) -> dict[str, Any] | None:
    """Return the pending creation of an account of this name, from an interrupted run; or None."""
    listed = clients.list_all(
        "list_create_account_status", "CreateAccountStatuses", States=["IN_PROGRESS"]
    )
    return next((each for each in listed if each["AccountName"] == account.name), None)


def _wait_for_end(clients: ApiClients, status: dict[str, Any]) -> dict[str, Any]:
    """Wait until a creation has ended, and return its last status.

    Raises `AccountCreationFailed` if it is still in progress after ten minutes.
    """
    for _ in range(CREATION_TRIES):
        status = clients.call(
            "describe_create_account_status", CreateAccountRequestId=status["Id"]
        )["CreateAccountStatus"]
        if status["State"] != "IN_PROGRESS":
            return status
        clients.wait(CREATION_SECONDS)
    raise AccountCreationFailed(
        f"account {status['AccountName']} is still being created; run it again later"
    )


def _member_id(clients: ApiClients, account: Account) -> str:
    """Return the id of the member with an account's address.

    Raises `AccountCreationFailed` if another organization has it.
    """
    for each in clients.list_all("list_accounts", "Accounts"):
        if each["Email"].lower() == account.email.lower():
            return str(each["Id"])
    raise AccountCreationFailed(
        f"account {account.email} was not created: an account outside has its e-mail address"
    )
