"""API clients: of Organizations as the caller, and of each account's IAM through a role."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from daypass.aws.api_calls import error_code, list_all
from daypass.aws.profile_clients import ProfileClients, Retries, UnusableProfile
from daypass.blueprint.organization import MANAGEMENT
from daypass.core.sessions import session_names

BUSY = frozenset(
    {
        "ConcurrentModificationException",
        "FinalizingOrganizationException",
        "PolicyChangesInProgressException",
    }
)
"""Error codes while AWS changes the organization itself; the call succeeds a moment later."""
TRIES = 8  # of a call while AWS changes the organization itself
WAIT_SECONDS = 1.0  # before the second try; a second more before each further one
__all__ = ["ApiClients", "UnusableProfile"]
_RETRIES = Retries("standard", attempts_max=6)


class ApiClients:
    """Calls Organizations as the caller, and a member's IAM by a role in the account."""

    def __init__(
        self,
        profile: str | None,
        endpoint: str | None,
        environ: Mapping[str, str],
        *,
        agent: str,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Use a profile and endpoint, None for the defaults; `agent` is added to the user agent.

        Raises `UnusableProfile`.
        """
        self._clients = ProfileClients(
            profile, environ, endpoint=endpoint, retries=_RETRIES, user_agent=agent
        )
        self._iam: dict[str, Any] = {}
        self._services: dict[str, Any] = {}
        self.wait = wait
        self.organizations = self._clients.client("organizations")

    def caller_account(self) -> str:
        """Return the caller's account id."""
        return str(self._clients.client("sts").get_caller_identity()["Account"])

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        """Return the response of an Organizations operation, retried while AWS is busy."""
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
        """Return the items under `key` from every page of an Organizations listing."""
        return list_all(self.organizations, operation, key, **params)

    def service(self, name: str) -> Any:
        """Return the caller's client of a service, such as `sso-admin`."""
        if name not in self._services:
            self._services[name] = self._clients.client(name)
        return self._services[name]

    def iam(self, key: str, account: str, role: str, *, is_new: bool = False) -> Any:
        """Return a client of an account's IAM, by the account's key, id and access role.

        For a new account (`is_new`) AssumeRole is retried, because AWS takes a while to create
        its role.
        """
        if key not in self._iam:
            credentials = {} if key == MANAGEMENT else self._assumed(account, role, is_new=is_new)
            self._iam[key] = self._clients.client("iam", **credentials)
        return self._iam[key]

    def _assumed(self, account: str, role: str, *, is_new: bool) -> dict[str, str]:
        """Return credentials of a role in another account, as arguments of `create_client`."""
        sts = self._clients.client("sts")
        # The session name shows in every account's log who applies the file.
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
