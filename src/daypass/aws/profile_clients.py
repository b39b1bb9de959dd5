"""The API clients of one profile, all with the same region, retries and user agent."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import botocore.session
from botocore.config import Config

FALLBACK_REGION = "us-east-1"
"""Where IAM and Organizations are signed for in the `aws` partition, whatever region a profile
works in."""


class Retries(NamedTuple):
    """How calls are tried again: botocore's mode, and how often a call is made at most."""

    mode: Literal["standard", "adaptive"]
    attempts_max: int


class ProfileClients:
    """Makes clients of services, with a profile's own credentials unless others are given."""

    def __init__(
        self,
        profile: str | None,
        environ: Mapping[str, str],
        *,
        endpoint: str | None = None,
        retries: Retries | None = None,
        user_agent: str | None = None,
    ) -> None:
        """Open a session.

        None leaves the profile, the endpoint, retries and user agent to botocore's own rules.

        `user_agent` is appended to botocore's. Raises `BotoCoreError` for a profile that is not
        there.
        """
        self._session = botocore.session.Session(profile=profile)
        self._region = (
            self._session.get_config_variable("region")
            or environ.get("AWS_REGION")
            or FALLBACK_REGION
        )
        self._endpoint = endpoint
        self._config = Config(
            user_agent_extra=user_agent,
            retries=None
            if retries is None
            else {"mode": retries.mode, "total_max_attempts": retries.attempts_max},
        )

    def client(self, service: str, **credentials: Any) -> Any:
        """Return a client of a service.

        `credentials` are named as botocore's `create_client` names them.
        """
        return self._session.create_client(
            service,
            region_name=self._region,
            endpoint_url=self._endpoint,
            config=self._config,
            **credentials,
        )
