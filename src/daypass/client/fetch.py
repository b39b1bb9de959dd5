"""Getting temporary credentials: along a plan, by STS, from Daypass or AWS alike."""

import hashlib
import random  # noqa: TID251 - jitter needs no secrecy
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any, NamedTuple

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from daypass.client.cache import CacheEntry, CredentialCache
from daypass.client.credential_plan import CredentialPlan, STSStep
from daypass.client.credentials_unavailable import CredentialsUnavailable
from daypass.client.source_credentials import SourceCredentials
from daypass.core.sessions import session_names
from daypass.files import escaping

REFRESH_MARGIN_SECONDS = 5 * 60
"""How long before their end credentials are fetched anew, and up to a minute more, so that not
everybody comes at once."""

AskMFACode = Callable[[str], str]


class STSFailed(Exception):
    """STS refused to issue credentials, or could not be reached."""


class STSEndpoint(NamedTuple):
    """Where STS calls go: the endpoint, and the region that they are signed for."""

    endpoint: str
    region: str


def get_credentials(
    plan: CredentialPlan,
    source: SourceCredentials,
    cache: CredentialCache,
    *,
    now: float,
    ask: AskMFACode,
    is_fresh: bool = False,
) -> CacheEntry:
    """Return credentials of a plan: cached ones until shortly before their end, else fetched ones.

    While STS cannot be reached, cached ones serve until their end. Raises `CredentialsUnavailable`
    and `STSFailed`.
    """
    sts = sts_endpoint(plan)
    name = plan_cache_name(plan, source, sts)
    cached = None if is_fresh else cache.get(name)
    if cached is not None and cached.expires - now > REFRESH_MARGIN_SECONDS + random.uniform(0, 60):  # noqa: S311 - jitter
        return _add_profiles(cache, name, cached, plan)
    with cache.lock(name):
        again = None if is_fresh else cache.get(name)
        if again is not None and again != cached and again.expires > now:
            return _add_profiles(cache, name, again, plan)
        try:
            found = _run_steps(plan, source, sts, ask)
        except BotoCoreError as error:
            if cached is not None and cached.expires > now:
                return _add_profiles(cache, name, cached, plan)
            raise STSFailed(f"nobody could be reached: {error}") from error
        found = found._replace(profiles=plan.profiles)
        cache.put(name, found)
    cache.remove_expired(now)
    return found


def plan_cache_name(plan: CredentialPlan, source: SourceCredentials, sts: STSEndpoint) -> str:
    """Return the cache's name for a plan's credentials: a digest of all that decides what they are.

    The profiles' names are no part of it; the source credentials, each step and the endpoint of STS
    are.
    """
    parts = (tuple(sts), astuple(source), plan.files, tuple(map(astuple, plan.steps)))
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()


def sts_endpoint(plan: CredentialPlan) -> STSEndpoint:
    """Return where STS calls of a plan go, as the SDKs would find it."""
    session = botocore.session.Session(profile=plan.profile or None)
    region = plan.region or session.get_config_variable("region") or "us-east-1"
    client = session.create_client(
        "sts",
        region_name=region,
        # Nothing is sent: without keys the SDK would go and look for some.
        aws_access_key_id="none",
        aws_secret_access_key="none",  # noqa: S106 - the same
    )
    return STSEndpoint(str(client.meta.endpoint_url), str(client.meta.region_name))


def _add_profiles(
    cache: CredentialCache, name: str, entry: CacheEntry, plan: CredentialPlan
) -> CacheEntry:
    """Add a plan's profiles to an entry in the cache, by which `forget` finds it.

    Return the entry.
    """
    more = tuple(each for each in plan.profiles if each not in entry.profiles)
    if more:
        entry = entry._replace(profiles=entry.profiles + more)
        cache.put(name, entry)
    return entry


def _run_steps(
    plan: CredentialPlan, source: SourceCredentials, sts: STSEndpoint, ask: AskMFACode
) -> CacheEntry:
    """Take each step of a plan, as its cache name has it, whatever the files say by now."""
    session = botocore.session.Session(profile=plan.profile or None)
    keys = (source.access_key_id, source.secret_access_key, source.session_token)
    for step in plan.steps:
        client = session.create_client(
            "sts",
            region_name=sts.region,
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
            aws_session_token=keys[2] or None,
        )
        if client.meta.endpoint_url != sts.endpoint:
            raise CredentialsUnavailable(
                "the configuration changed meanwhile", "run the command again"
            )
        try:
            entry = _run_step(client, step, ask)
        except ClientError as error:
            details = error.response.get("Error", {})
            raise STSFailed(f"{details.get('Code')}: {details.get('Message')}") from error
        keys = (entry.access_key_id, entry.secret_access_key, entry.session_token)
    return entry


def _run_step(client: Any, step: STSStep, ask: AskMFACode) -> CacheEntry:
    params: dict[str, Any] = {}
    if step.mfa_serial:
        params |= {"SerialNumber": step.mfa_serial, "TokenCode": ask(step.mfa_serial)}
    if step.seconds is not None:
        params["DurationSeconds"] = step.seconds
    if not step.role_arn:
        answer = client.get_session_token(**params)
    else:
        params |= {
            "RoleArn": step.role_arn,
            "RoleSessionName": step.session_name or caller_session_name(client),
        }
        if step.external_id:
            params["ExternalId"] = step.external_id
        answer = client.assume_role(**params)
    made = answer["Credentials"]
    arn = answer.get("AssumedRoleUser", {}).get("Arn", "")
    return CacheEntry(
        access_key_id=made["AccessKeyId"],
        secret_access_key=made["SecretAccessKey"],
        session_token=made["SessionToken"],
        expires=int(made["Expiration"].timestamp()),
        account=arn.split(":")[4] if arn else "",
    )


def caller_session_name(client: Any) -> str:
    """Return the caller's own name for its session, from a client of STS: a user's name, or that of the session that it has.

    So a session is told apart in every log by who took it, whatever account of the operating system
    the command runs under. Raises what botocore raises.
    """
    arn = str(client.get_caller_identity()["Arn"])
    return session_names.default_session_name(arn)


def ask_on_terminal(serial: str) -> str:
    """Ask for a code on the terminal itself, never on standard output.

    Raises `CredentialsUnavailable` where there is none.
    """
    try:
        with Path("/dev/tty").open("r+b", buffering=0) as terminal:
            terminal.write(f"MFA code for {escaping.escape_text(serial)}: ".encode())
            return terminal.readline().decode("ascii", errors="replace").strip()
    except OSError as error:
        raise CredentialsUnavailable(
            f"a code of {serial} is needed, and there is no terminal to ask on",
            "run `daypass env` in a terminal first, or give --mfa-code",
        ) from error
