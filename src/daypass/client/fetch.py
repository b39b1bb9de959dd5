"""Getting temporary credentials: along a plan, by STS, from Daypass or AWS alike."""

import getpass
import random  # noqa: TID251 - jitter needs no secrecy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from daypass.client.cache import Cache, Entry
from daypass.client.profile import Plan, Step, Unusable

EARLY_SECONDS = 5 * 60
"""How long before their end credentials are fetched anew, and up to a minute more, so that not everybody comes at once."""

AskCode = Callable[[str], str]


class Refused(Exception):
    """Whoever issues credentials said no."""


def credentials(
    plan: Plan, cache: Cache, *, now: float, ask: AskCode, is_fresh: bool = False
) -> Entry:
    """Return credentials of a plan: kept ones while they last, fetched ones otherwise.

    Kept ones serve until their end while nobody can be reached. Raises `Unusable` and `Refused`.
    """
    name = plan.name(endpoint_of(plan))
    kept = None if is_fresh else cache.get(name)
    if kept is not None and kept.expires - now > EARLY_SECONDS + random.uniform(0, 60):  # noqa: S311 - jitter
        return kept
    with cache.lock(name):
        again = None if is_fresh else cache.get(name)
        if again is not None and again != kept and again.expires > now:
            return again
        try:
            found = _fetch(plan, ask)
        except BotoCoreError as error:
            if kept is not None and kept.expires > now:
                return kept
            raise Refused(f"nobody could be reached: {error}") from error
        cache.put(name, found)
        return found


def endpoint_of(plan: Plan) -> str:
    """Return the address that STS calls of a plan go to, as the SDKs would find it."""
    client = _session(plan.profile, plan.region).create_client(
        "sts",
        region_name=plan.region or None,
        # Nothing is sent: without keys the SDK would go and look for some.
        aws_access_key_id="none",
        aws_secret_access_key="none",  # noqa: S106 - the same
    )
    return str(client.meta.endpoint_url)


def _session(profile: str, region: str) -> Any:
    session = botocore.session.Session(profile=profile or None)
    if not region and not session.get_config_variable("region"):
        session.set_config_variable("region", "us-east-1")
    return session


def _fetch(plan: Plan, ask: AskCode) -> Entry:
    keys = _base_keys(plan)
    for step in plan.steps:
        client = _session(plan.profile, plan.region).create_client("sts", **keys)
        try:
            entry = _call(client, step, ask)
        except ClientError as error:
            told = error.response.get("Error", {})
            raise Refused(f"{told.get('Code')}: {told.get('Message')}") from error
        keys = {
            "aws_access_key_id": entry.access_key_id,
            "aws_secret_access_key": entry.secret_access_key,
            "aws_session_token": entry.session_token,
        }
    return entry


def _base_keys(plan: Plan) -> dict[str, str]:
    found = _without_roles(plan.base).get_credentials()
    if found is None:
        where = f"profile {plan.base}" if plan.base else "the environment"
        raise Unusable(f"{where} holds no keys", "aws configure, or sign in first")
    frozen = found.get_frozen_credentials()
    keys = {"aws_access_key_id": frozen.access_key, "aws_secret_access_key": frozen.secret_key}
    return keys | ({"aws_session_token": frozen.token} if frozen.token else {})


def _without_roles(profile: str) -> Any:
    """Return a session that reads a profile's own keys and assumes nothing by itself."""
    session = botocore.session.Session(profile=profile or None)
    resolver = session.get_component("credential_provider")
    for name in ("assume-role", "assume-role-with-web-identity"):
        resolver.remove(name)
    return session


def _call(client: Any, step: Step, ask: AskCode) -> Entry:
    params: dict[str, Any] = {}
    if step.mfa_serial:
        params |= {"SerialNumber": step.mfa_serial, "TokenCode": ask(step.mfa_serial)}
    if step.seconds is not None:
        params["DurationSeconds"] = step.seconds
    if not step.role_arn:
        answer = client.get_session_token(**params)
    else:
        params |= {"RoleArn": step.role_arn, "RoleSessionName": step.session_name or _who()}
        if step.external_id:
            params["ExternalId"] = step.external_id
        answer = client.assume_role(**params)
    made = answer["Credentials"]
    arn = answer.get("AssumedRoleUser", {}).get("Arn", "")
    return Entry(
        access_key_id=made["AccessKeyId"],
        secret_access_key=made["SecretAccessKey"],
        session_token=made["SessionToken"],
        expires=int(made["Expiration"].timestamp()),
        account=arn.split(":")[4] if arn else "",
    )


def _who() -> str:
    """Return a session name that tells who it was, as far as STS's alphabet allows."""
    name = "".join(
        each if each.isalnum() or each in "+=,.@-_" else "-" for each in getpass.getuser()
    )
    return f"daypass-{name}"[:64]


def ask_on_terminal(serial: str) -> str:
    """Ask for a code on the terminal itself, never on standard output; raises `Unusable` where there is none."""
    try:
        with Path("/dev/tty").open("r+b", buffering=0) as terminal:
            terminal.write(f"MFA code for {serial}: ".encode())
            return terminal.readline().decode("ascii", errors="replace").strip()
    except OSError as error:
        raise Unusable(
            f"a code of {serial} is needed, and there is no terminal to ask on",
            "run `daypass env` in a terminal first, or give --mfa-code",
        ) from error
