"""botocore clients of one profile, which share region, endpoint, retries and user agent."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConfigParseError

FALLBACK_REGION = "us-east-1"
"""The region that IAM and Organizations calls are signed for in the `aws` partition, used where
the profile names none."""


class Retries(NamedTuple):
    """botocore's retry mode, and how often a call is made at most, the first attempt included."""

    mode: Literal["standard", "adaptive"]
    attempts_max: int


class UnusableProfile(Exception):
    """A profile whose files or credentials cannot be read.

    `profile` is empty if none was named, `command` is its `credential_process` or empty, and
    `cause` is what was raised.
    """

    def __init__(self, profile: str, command: str, cause: Exception) -> None:
        super().__init__(f"profile {profile or 'default'} cannot be used")
        self.profile = profile
        self.command = command
        self.cause = cause


class ProfileClients:
    """Creates botocore clients, with a profile's own credentials unless others are given."""

    def __init__(
        self,
        profile: str | None,
        environ: Mapping[str, str],
        *,
        endpoint: str | None = None,
        retries: Retries | None = None,
        user_agent: str | None = None,
    ) -> None:
        """Open a botocore session.

        None leaves profile, endpoint, retries or user agent to botocore's own rules. `user_agent`
        is appended to botocore's. Raises `BotoCoreError` for a profile that does not exist, and
        `UnusableProfile` for files that are not in the form of configuration files.
        """
        self._profile = profile or ""
        self._session = botocore.session.Session(profile=profile)
        try:
            region = self._session.get_config_variable("region")
        except ConfigParseError as error:
            raise UnusableProfile(self._profile, "", error) from error
        self._region = region or environ.get("AWS_REGION") or FALLBACK_REGION
        self._endpoint = endpoint
        self._config = Config(
            user_agent_extra=user_agent,
            retries=None
            if retries is None
            else {"mode": retries.mode, "total_max_attempts": retries.attempts_max},
        )

    def client(self, service: str, **credentials: Any) -> Any:
        """Return a botocore client of a service.

        `credentials` are keyword arguments of botocore's `create_client`. Without any, raises
        `UnusableProfile` if the profile's cannot be read, and botocore's errors.
        """
        if not credentials:
            self._require_readable_credentials()
        return self._session.create_client(
            service,
            region_name=self._region,
            endpoint_url=self._endpoint,
            config=self._config,
            **credentials,
        )

    def _require_readable_credentials(self) -> None:
        """Get the profile's credentials, which the session then has for all of its clients.

        A program, a file or a service that they come from may raise anything.
        """
        try:
            found = self._session.get_credentials()
            if found is not None:
                found.get_frozen_credentials()
        except (BotoCoreError, ClientError):
            raise
        except Exception as error:
            command = str(self._session.get_scoped_config().get("credential_process", ""))
            raise UnusableProfile(self._profile, command, error) from error
