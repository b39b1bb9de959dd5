"""The clients by which an organization and its accounts are reached: the caller's own, and by AssumeRole into each account."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from daypass.blueprint.organization import MANAGEMENT, PolicyKey, Tags
from daypass.core.sessions import session_names

BUSY = frozenset(
    {
        "ConcurrentModificationException",
        "FinalizingOrganizationException",
        "PolicyChangesInProgressException",
    }
)
"""What AWS says while it is at work on the organization itself; a moment later the same call goes through."""
TRIES = 8  # of a call while AWS is at work on the organization
WAIT_SECONDS = 1.0  # before the second of them; a second more before each that follows


@dataclass(slots=True)
class Ids:
    """The ids of what has names: units by path, accounts by key, policies by type and name."""

    organization: str = ""
    root: str = ""
    units: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    policies: dict[PolicyKey, str] = field(default_factory=dict)

    def place(self, place: str) -> str:
        """Return the id of the root, a unit or an account."""
        if place == "/":
            return self.root
        return self.units[place] if place.startswith("/") else self.accounts[place]


def code_of(error: ClientError) -> str:
    """Return AWS's word for what went wrong."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def unless(*codes: str) -> Iterator[None]:
    """Take these answers to mean that somebody has done it before."""
    try:
        yield
    except ClientError as error:
        if code_of(error) not in codes:
            raise


def labels(tags: Tags) -> list[dict[str, str]]:
    """Return tags as AWS takes them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


class Reach:
    """Everything that can be called; each account's IAM once it is asked for."""

    def __init__(
        self,
        profile: str | None,
        endpoint: str | None,
        environ: Mapping[str, str],
        *,
        agent: str,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Reach an organization by a profile and an endpoint; `agent` stands in the user agent of every call."""
        self._agent = agent
        self._session = botocore.session.Session(profile=profile)
        self._endpoint = endpoint
        self._region = (
            self._session.get_config_variable("region") or environ.get("AWS_REGION") or "us-east-1"
        )
        self._iam: dict[str, Any] = {}
        self.wait = wait
        self.organizations = self.client("organizations")

    def client(self, service: str, **keys: Any) -> Any:
        """Return a client of a service, with the caller's credentials unless told otherwise."""
        return self._session.create_client(
            service,
            region_name=self._region,
            endpoint_url=self._endpoint,
            config=Config(
                retries={"mode": "standard", "total_max_attempts": 6}, user_agent_extra=self._agent
            ),
            **keys,
        )

    def caller_account(self) -> str:
        """Return the account that the caller is of."""
        return str(self.client("sts").get_caller_identity()["Account"])

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        """Call an operation of Organizations, again while it is busy."""
        for tries in range(1, TRIES + 1):
            try:
                found: dict[str, Any] = getattr(self.organizations, operation)(**params)
            except ClientError as error:
                if code_of(error) not in BUSY or tries == TRIES:
                    raise
                self.wait(WAIT_SECONDS * tries)
            else:
                return found
        raise AssertionError  # the last try raises

    def pages(self, operation: str, key: str, **params: Any) -> list[Any]:
        """Return all that a listing operation has."""
        pages = self.organizations.get_paginator(operation).paginate(**params)
        return [each for page in pages for each in page[key]]

    def iam(self, key: str, account: str, role: str, *, is_new: bool = False) -> Any:
        """Return a client of an account's IAM; the role of a new account may take a while on AWS."""
        if key not in self._iam:
            if key == MANAGEMENT:
                self._iam[key] = self.client("iam")
            else:
                self._iam[key] = self.client("iam", **self._assumed(account, role, is_new=is_new))
        return self._iam[key]

    def _assumed(self, account: str, role: str, *, is_new: bool) -> dict[str, str]:
        sts = self.client("sts")
        # Whoever applies a file is named in every account's log.
        name = session_names.default_session_name(str(sts.get_caller_identity()["Arn"]))
        for tries in range(1, TRIES + 1):
            try:
                made = sts.assume_role(
                    RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName=name
                )["Credentials"]
            except ClientError as error:
                if not is_new or code_of(error) != "AccessDenied" or tries == TRIES:
                    raise
                self.wait(WAIT_SECONDS * tries)
            else:
                return {
                    "aws_access_key_id": made["AccessKeyId"],
                    "aws_secret_access_key": made["SecretAccessKey"],
                    "aws_session_token": made["SessionToken"],
                }
        raise AssertionError  # the last try raises
