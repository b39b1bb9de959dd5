"""Turn a profile of `~/.aws/config` into the STS calls that yield its temporary credentials.

botocore reads the files and decides which profile or provider each role takes its source from
(`botocore.credentials.AssumeRoleProvider`); this module only keeps it from calling STS, and refuses
what an STS call could not be made of.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import botocore.session
from botocore.credentials import (
    AssumeRoleProvider,
    CanonicalNameCredentialSourcer,
    ContainerProvider,
    EnvProvider,
    InstanceMetadataProvider,
)
from botocore.exceptions import (
    BotoCoreError,
    ConfigParseError,
    InfiniteLoopConfigError,
    PartialCredentialsError,
)

from daypass.client import endpoints
from daypass.client.configuration_files import (
    CONFIGURATION_BYTES_MAX,
    DEFAULT_PROFILE,
    expand_path,
)
from daypass.client.credentials_unavailable import CredentialsUnavailable
from daypass.client.source_faults import file_fault
from daypass.files import bounded_reading

CHAINED_PROFILES_MAX = 8  # profiles that name one another as source_profile; ours
_TEXTS = ("role_arn", "role_session_name", "external_id", "mfa_serial", "duration_seconds")
"""The keys of a role that become parameters of its STS call."""
_NAMES = ("source_profile", "credential_source")
_DURATION_DIGITS_MAX = 9
_USUAL_REGION = "us-east-1"
_NO_PROFILE = {"profile": (None, None, None, None)}
"""A variable of botocore's session that is read from no environment variable."""


@dataclass(frozen=True, slots=True)
class STSStep:
    """One call of AssumeRole, or of GetSessionToken if `role_arn` is empty."""

    role_arn: str
    session_name: str
    """The profile's `role_session_name`; empty means the caller's own name."""
    seconds: int | None
    external_id: str
    mfa_serial: str


@dataclass(frozen=True, slots=True)
class CredentialPlan:
    """The STS calls for a profile's credentials, in order, and what signs the first.

    `source_profile` holds the keys that sign the first call; if it is empty, the provider
    `credential_source` does, and without one whatever an SDK finds that is given no profile.
    """

    profile: str
    """The requested profile; empty if none was named and there is no profile `default`."""
    source_profile: str
    steps: tuple[STSStep, ...]
    region: str
    profiles: tuple[str, ...]
    """The requested profile, then each on its `source_profile` chain."""
    files: tuple[str, ...]
    """Absolute paths of the configuration and the credentials file."""
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """botocore's reading of both files, secrets included."""
    credential_source: str = ""
    """botocore's name of a provider, such as `Environment`."""

    @property
    def has_roles(self) -> bool:
        """Say whether a role is assumed; otherwise the only step is GetSessionToken."""
        return bool(self.steps[0].role_arn)

    def session(self) -> Any:
        """Return a new botocore session for the requested profile.

        If neither a variable nor the profile names a region, it is the source profile's, or
        us-east-1: without one, botocore cannot sign for every endpoint.
        """
        session = session_of_profile(self.profile)
        if not session.get_config_variable("region"):
            session.set_config_variable("region", self.region or _USUAL_REGION)
        return session

    def endpoint_variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the variables for endpoints, region and certificate authorities.

        They depend on the files and on `AWS_` variables alone (`endpoints.profile_variables`).
        Raises `CredentialsUnavailable`.
        """
        return endpoints.profile_variables(self.profile, self.config, environ, region=self.region)


def session_of_profile(profile: str) -> Any:
    """Return a new botocore session for a profile; for no profile at all if it is empty."""
    if profile:
        return botocore.session.Session(profile=profile)
    return botocore.session.Session(session_vars=_NO_PROFILE)


def plan_credentials(profile: str, *, seconds: int | None = None) -> CredentialPlan:
    """Return the plan for a profile; `seconds` overrides the last step's duration.

    An empty `profile` is the profile `default` if there is one, otherwise none: the credentials are
    then whatever an SDK finds without a profile, the environment first. Raises
    `CredentialsUnavailable`.
    """
    session = session_of_profile("")
    files = _configuration_files(session)
    try:
        config = session.full_config
    except ConfigParseError as error:
        raise file_fault(error) from error
    profiles: Mapping[str, Mapping[str, Any]] = config["profiles"]
    name = profile or (DEFAULT_PROFILE if DEFAULT_PROFILE in profiles else "")
    if not name:
        only = (STSStep("", "", seconds, "", ""),)
        return CredentialPlan("", "", only, "", (DEFAULT_PROFILE,), files, config)
    if name not in profiles:
        raise CredentialsUnavailable(f"there is no profile {name}", known_profiles(config))
    roles, source = _read_roles(name, config)
    chain = tuple(dict.fromkeys([*roles, *([source.name] if source.is_profile else [])]))
    _require_few_profiles(chain)
    steps = [_sts_step(each, profiles[each]) for each in reversed(roles)]
    if not steps:
        steps = [STSStep("", "", None, "", _text(name, profiles[name], "mfa_serial"))]
    if seconds is not None:
        steps[-1] = replace(steps[-1], seconds=seconds)
    regions = (profiles[each].get("region") for each in chain)
    return CredentialPlan(
        profile=name,
        source_profile=source.name if source.is_profile else "",
        steps=tuple(steps),
        region=next((str(each) for each in regions if each), ""),
        profiles=chain,
        files=files,
        config=config,
        credential_source="" if source.is_profile else source.name,
    )


def known_profiles(config: Mapping[str, Any]) -> str:
    """Return a hint that names the profiles of a configuration."""
    return f"known profiles: {', '.join(sorted(config['profiles'])) or 'none'}"


def _configuration_files(session: Any) -> tuple[str, ...]:
    """Return the absolute paths of the session's configuration and credentials file.

    Raises `CredentialsUnavailable` for a path that exists and is not a readable file.
    """
    found = []
    for variable in ("config_file", "credentials_file"):
        name = expand_path(str(session.get_config_variable(variable)))
        try:
            # An empty variable names no file, and is not the working directory.
            path = name and os.path.abspath(name)  # noqa: PTH100
        except OSError as error:
            raise CredentialsUnavailable(
                f"{name} cannot be found: the working directory does not exist any more",
                "change to another directory",
            ) from error
        if os.path.lexists(path):
            try:
                bounded_reading.require_file(path, CONFIGURATION_BYTES_MAX)
            except bounded_reading.UnreadableFile as error:
                raise CredentialsUnavailable(
                    f"the configuration cannot be read: {error}"
                ) from error
        found.append(path)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the source credentials are: in a profile, or with a provider."""

    name: str
    is_profile: bool


def _read_roles(name: str, config: Mapping[str, Any]) -> tuple[list[str], _Source]:
    """Return the profiles whose roles are assumed, the requested one first, and their source."""
    reader = _RoleReader(name, config)
    try:
        source: _Source | None = reader.load()
    except InfiniteLoopConfigError as error:
        circle = " → ".join([*reader.roles, str(error.kwargs["source_profile"])])
        raise CredentialsUnavailable(
            f"the profiles {circle} lead in a circle",
            "let source_profile of the last one name a profile that has keys",
        ) from error
    except PartialCredentialsError as error:
        raise CredentialsUnavailable(
            f"profile {reader.roles[-1]} has a role_arn and no source_profile",
            "add source_profile = NAME, or credential_source",
        ) from error
    except BotoCoreError as error:
        raise CredentialsUnavailable(
            f"profile {reader.roles[-1]} cannot be used: {error}",
            "correct its source_profile or credential_source",
        ) from error
    return reader.roles, _Source(name, is_profile=True) if source is None else source


_Provider: Any = AssumeRoleProvider
_Sourcer: Any = CanonicalNameCredentialSourcer
"""As `Any`, because the stubs leave out what is overridden and called here. A change of it in
botocore fails the comparison of plans with botocore's own resolution in the tests."""


class _RoleReader(_Provider):  # type: ignore[misc]  # as said above
    """botocore's reading of roles and their sources; `load` returns the `_Source` of the chain."""

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        super().__init__(
            load_config=lambda: config,
            client_creator=None,
            cache={},
            profile_name=name,
            credential_sourcer=_NamedProviders(
                [EnvProvider, ContainerProvider, InstanceMetadataProvider]
            ),
            profile_provider_builder=_NamedProfiles(),
        )
        self.roles: list[str] = []

    def _load_creds_via_assume_role(self, profile_name: str) -> _Source:
        self.roles.append(profile_name)
        # Checked here too, because botocore calls itself for each of them.
        _require_few_profiles(self.roles)
        section = self._loaded_config["profiles"][profile_name]
        for key in (*_TEXTS, *_NAMES):
            _text(profile_name, section, key)
        role = self._get_role_config(profile_name)
        source: _Source = self._resolve_source_credentials(role, profile_name)
        return source


class _NamedProviders(_Sourcer):  # type: ignore[misc]  # as said above
    """The providers that `credential_source` may name, none of which is asked for credentials."""

    def source_credentials(self, source_name: str) -> _Source:
        """Return the provider's name in the place of its credentials."""
        return _Source(source_name, is_profile=False)


class _NamedProfiles:
    """In the place of botocore's providers of a source profile, none of which is asked."""

    def providers(self, profile_name: str, *, disable_env_vars: bool) -> "list[_NamedProfile]":
        """Return the one provider that stands for all those of a profile."""
        del disable_env_vars
        return [_NamedProfile(profile_name)]


class _NamedProfile:
    METHOD = "named-profile"

    def __init__(self, name: str) -> None:
        self._name = name

    def load(self) -> _Source:
        """Return the profile's name in the place of its credentials."""
        return _Source(self._name, is_profile=True)


def _require_few_profiles(names: Sequence[str]) -> None:
    if len(names) > CHAINED_PROFILES_MAX:
        raise CredentialsUnavailable(
            f"profile {names[0]} leads over more than {CHAINED_PROFILES_MAX} profiles",
            "let source_profile name a profile that is nearer to the keys",
        )


def _sts_step(name: str, section: Mapping[str, Any]) -> STSStep:
    seconds = _text(name, section, "duration_seconds")
    if seconds and not (
        seconds.isascii() and seconds.isdigit() and len(seconds) <= _DURATION_DIGITS_MAX
    ):
        raise CredentialsUnavailable(
            f"duration_seconds of profile {name} is not a number: {seconds}",
            "write seconds as digits, such as 3600",
        )
    return STSStep(
        role_arn=_text(name, section, "role_arn"),
        session_name=_text(name, section, "role_session_name"),
        seconds=int(seconds) if seconds else None,
        external_id=_text(name, section, "external_id"),
        mfa_serial=_text(name, section, "mfa_serial"),
    )


def _text(name: str, section: Mapping[str, Any], key: str) -> str:
    """Return a key's text, empty if a profile has no such key.

    Raises `CredentialsUnavailable` if the text is empty: an SDK would send it so, and be refused.
    """
    found = section.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise CredentialsUnavailable(
            f"{key} of profile {name} is a section of its own, not a text",
            f"write {key} = VALUE in one line",
        )
    if not found:
        raise CredentialsUnavailable(
            f"{key} of profile {name} is empty", f"give {key} a value, or remove it"
        )
    return found
