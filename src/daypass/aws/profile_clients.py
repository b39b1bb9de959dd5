"""botocore clients of one profile, which share region, endpoint, retries and user agent."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import botocore.session
from botocore.config import Config

FALLBACK_REGION = "us-east-1"
"""The region that IAM and Organizations calls are signed for in the `aws` partition, used where
the profile names none."""


class Retries(NamedTuple):
    """botocore's retry mode, and how often a call is made at most, the first attempt included."""

    mode: Literal["standard", "adaptive"]
    attempts_max: int


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
        is appended to botocore's. Raises `BotoCoreError` for a profile that does not exist.
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
        """Return a botocore client of a service.

        `credentials` are keyword arguments of botocore's `create_client`.
        """
        return self._session.create_client(
            service,
            region_name=self._region,
            endpoint_url=self._endpoint,
            config=self._config,
            **credentials,
        )
