"""The clients of Organizations, with the caller's credentials, and of each account's IAM."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from daypass.aws.api_calls import error_code, list_all
from daypass.aws.profile_clients import ProfileClients, Retries
from daypass.blueprint.organization import MANAGEMENT
from daypass.core.sessions import session_names

BUSY = frozenset(
    {
        "ConcurrentModificationException",
        "FinalizingOrganizationException",
        "PolicyChangesInProgressException",
    }
)
"""What AWS says while it is at work on the organization itself; a moment later the same call
goes through."""
TRIES = 8  # of a call while AWS is at work on the organization
WAIT_SECONDS = 1.0  # before the second of them; a second more before each that follows
_RETRIES = Retries("standard", attempts_max=6)


class ApiClients:
    """Calls Organizations as the caller, and IAM of each member as a role in it."""

    def __init__(
        self,
        profile: str | None,
        endpoint: str | None,
        environ: Mapping[str, str],
        *,
        agent: str,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Use a profile and an endpoint; `agent` stands in the user agent of every call."""
        self._clients = ProfileClients(
            profile, environ, endpoint=endpoint, retries=_RETRIES, user_agent=agent
        )
        self._iam: dict[str, Any] = {}
        self.wait = wait
        self.organizations = self._clients.client("organizations")

    def caller_account(self) -> str:
        """Return the account of the caller."""
        return str(self._clients.client("sts").get_caller_identity()["Account"])

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        """Call an operation of Organizations, again while it is busy."""
        for tries in range(1, TRIES + 1):
            try:
                answer: dict[str, Any] = getattr(self.organizations, operation)(**params)
            except ClientError as error:
                if error_code(error) not in BUSY or tries == TRIES:
                    raise
                self.wait(WAIT_SECONDS * tries)
            else:
                return answer
        raise AssertionError  # the last try raises

    def list_all(self, operation: str, key: str, **params: Any) -> list[Any]:
        """Return what every page of one of Organizations' listings has under `key`."""
        return list_all(self.organizations, operation, key, **params)

    def iam(self, key: str, account: str, role: str, *, is_new: bool = False) -> Any:
        """Return a client of an account's IAM; the role of a new account may take a while on AWS."""
        if key not in self._iam:
            credentials = {} if key == MANAGEMENT else self._assumed(account, role, is_new=is_new)
            self._iam[key] = self._clients.client("iam", **credentials)
        return self._iam[key]

    def _assumed(self, account: str, role: str, *, is_new: bool) -> dict[str, str]:
        """Return credentials of a role in another account, as `create_client` takes them."""
        sts = self._clients.client("sts")
        # Whoever applies a file is named in every account's log.
        name = session_names.default_session_name(str(sts.get_caller_identity()["Arn"]))
        for tries in range(1, TRIES + 1):
            try:
                credentials = sts.assume_role(
                    RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName=name
                )["Credentials"]
            except ClientError as error:
                if not is_new or error_code(error) != "AccessDenied" or tries == TRIES:
                    raise
                self.wait(WAIT_SECONDS * tries)
            else:
                return {
                    "aws_access_key_id": credentials["AccessKeyId"],
                    "aws_secret_access_key": credentials["SecretAccessKey"],
                    "aws_session_token": credentials["SessionToken"],
                }
        raise AssertionError  # the last try raises
