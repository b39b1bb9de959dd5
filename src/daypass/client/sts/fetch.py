"""Get a plan's temporary credentials: from the cache, or by its STS calls to Daypass or AWS."""

import contextlib
import hashlib
import random  # noqa: TID251 - jitter needs no secrecy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from daypass.client.cache import CredentialCache
from daypass.client.cache_entry import CacheEntry
from daypass.client.credential_plan import CredentialPlan, STSStep
from daypass.client.credentials_unavailable import CredentialsUnavailable
from daypass.client.source_credentials import SourceCredentials
from daypass.client.source_faults import error_words
from daypass.core.sessions import session_names
from daypass.files import escaping

REFRESH_MARGIN_SECONDS = 5 * 60
"""How long before they expire cached credentials are replaced. Up to a random minute is added, so
that not all clients call STS at once."""

AskMFACode = Callable[[str], str]
"""Returns the MFA code of a device, which is named by its serial number."""


class STSFailed(Exception):
    """STS refused to issue credentials or could not be reached; `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class STSEndpoint(NamedTuple):
    """The endpoint of STS calls, and the region that they are signed for."""

    endpoint: str
    region: str


class NoCache:
    """In the place of a cache that cannot be used: it has no entry and stores none."""

    def get(self, _name: str) -> None:
        """Return None."""

    def put(self, _name: str, _entry: CacheEntry) -> None:
        """Store nothing."""

    def lock(self, _name: str) -> contextlib.AbstractContextManager[None]:
        """Return a context that holds no lock."""
        return contextlib.nullcontext()

    def remove_expired(self, _now: float) -> None:
        """Remove nothing."""


AnyCache = CredentialCache | NoCache


def get_credentials(
    plan: CredentialPlan,
    source: SourceCredentials,
    cache: AnyCache,
    *,
    now: float,
    ask: AskMFACode,
    is_fresh: bool = False,
) -> CacheEntry:
    """Return a plan's credentials, from the cache until shortly before they expire, else from STS.

    Source credentials that are temporary and assume no role are the answer themselves
    (`is_source_itself`). While STS cannot be reached, cached credentials are returned until they
    expire. `is_fresh` skips the cache. Raises `CredentialsUnavailable` and `STSFailed`.
    """
    if is_source_itself(plan, source):
        return _source_entry(plan, source)
    sts = sts_endpoint(plan)
    name = plan_cache_name(plan, source, sts)
    cached = None if is_fresh else cache.get(name)
    if cached is not None and cached.expires - now > REFRESH_MARGIN_SECONDS + random.uniform(0, 60):  # noqa: S311
        return _add_profiles(cache, name, cached, plan)
    with _locked(cache, name):
        again = None if is_fresh else cache.get(name)
        if again is not None and again != cached and again.expires > now:
            return _add_profiles(cache, name, again, plan)
        try:
            found = _run_steps(plan, source, sts, ask)
        except (BotoCoreError, ResponseParserError) as error:
            if cached is not None and cached.expires > now:
                return _add_profiles(cache, name, cached, plan)
            raise STSFailed(
                f"STS cannot be reached: {error_words(error)}",
                f"check that {sts.endpoint} is the address, and that it answers",
            ) from error
        found = found.replace(profiles=plan.profiles)
        # Without room or write access the credentials are good all the same.
        with contextlib.suppress(OSError):
            cache.put(name, found)
    with contextlib.suppress(OSError):
        cache.remove_expired(now)
    return found


def is_source_itself(plan: CredentialPlan, source: SourceCredentials) -> bool:
    """Say whether the source credentials are the plan's: temporary ones that assume no role.

    STS issues no session for a session (STS API reference, GetSessionToken), and they expire.
    """
    return bool(source.session_token) and not plan.has_roles


def _source_entry(plan: CredentialPlan, source: SourceCredentials) -> CacheEntry:
    if plan.steps[-1].seconds is not None:
        profile = plan.profile or "default"
        raise CredentialsUnavailable(
            f"the credentials of profile {profile} are temporary already, and last as long as they "
            "were issued for",
            "leave --duration out",
        )
    return CacheEntry(
        source.access_key_id,
        source.secret_access_key,
        source.session_token,
        source.expires,
        source.account,
        plan.profiles,
    )


@contextlib.contextmanager
def _locked(cache: AnyCache, name: str) -> Iterator[None]:
    """Hold an entry's lock, or none if its file cannot be made: each command then fetches."""
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):
            held.enter_context(cache.lock(name))
        yield


def plan_cache_name(plan: CredentialPlan, source: SourceCredentials, sts: STSEndpoint) -> str:
    """Return the cache name of a plan's credentials: a digest of everything that decides them.

    Source credentials, each step and the endpoint of STS are part of it, profile names are not.
    """
    parts = (tuple(sts), astuple(source), plan.files, tuple(map(astuple, plan.steps)))
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()


def sts_endpoint(plan: CredentialPlan) -> STSEndpoint:
    """Return the STS endpoint and region that an SDK would use for a plan's profile.

    Raises `CredentialsUnavailable` if the configuration names none that can be used.
    """
    try:
        client = plan.session().create_client(
            "sts",
            # The client sends no request. Without keys the SDK would look for some.
            aws_access_key_id="none",
            aws_secret_access_key="none",  # noqa: S106 - the same
        )
    except Exception as error:  # whatever the conversion of a value raises
        raise CredentialsUnavailable(
            f"profile {plan.profile or 'default'} names no STS that can be called: "
            f"{error_words(error)}",
            "correct its region, endpoint_url and other values in ~/.aws/config",
        ) from error
    return STSEndpoint(str(client.meta.endpoint_url), str(client.meta.region_name))


def _add_profiles(
    cache: AnyCache, name: str, entry: CacheEntry, plan: CredentialPlan
) -> CacheEntry:
    """Return an entry with a plan's profiles added, which `forget` looks for, also in the cache."""
    more = tuple(each for each in plan.profiles if each not in entry.profiles)
    if more:
        entry = entry.replace(profiles=entry.profiles + more)
        with contextlib.suppress(OSError):
            cache.put(name, entry)
    return entry


def _run_steps(
    plan: CredentialPlan, source: SourceCredentials, sts: STSEndpoint, ask: AskMFACode
) -> CacheEntry:
    """Return the credentials of a plan's last step, after running all steps in order.

    Everything that is part of the cache name is taken from the plan, even if the files have changed
    meanwhile. Raises `CredentialsUnavailable` if the endpoint of STS has changed, and `STSFailed`.
    """
    session = plan.session()
    keys = (source.access_key_id, source.secret_access_key, source.session_token)
    for step in plan.steps:
        client = sts_client(session, sts, keys)
        try:
            entry = _run_step(client, step, ask)
        except ParamValidationError as error:
            raise CredentialsUnavailable(
                f"profile {plan.profile or 'default'} cannot be used: {error_words(error)}",
                "correct the value in ~/.aws/config, or the option",
            ) from error
        except ClientError as error:
            details = error.response.get("Error", {})
            raise STSFailed(
                f"{details.get('Code')}: {details.get('Message')}",
                "check the role's trust policy, and whether it requires MFA"
                if step.role_arn
                else "check the keys of the profile, and whether they need mfa_serial",
            ) from error
        except (KeyError, AttributeError, IndexError) as error:
            raise STSFailed(
                f"{sts.endpoint} answered without credentials",
                "check that it is the address of STS, or of an authority",
            ) from error
        keys = (entry.access_key_id, entry.secret_access_key, entry.session_token)
    return entry


def sts_client(session: Any, sts: STSEndpoint, keys: tuple[str, str, str]) -> Any:
    """Return a client of an endpoint of STS, with an access key id, its secret and its token.

    Raises `CredentialsUnavailable` if the configuration of a botocore session names another
    endpoint meanwhile.
    """
    client = session.create_client(
        "sts",
        region_name=sts.region,
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
        aws_session_token=keys[2] or None,
    )
    if client.meta.endpoint_url != sts.endpoint:
        raise CredentialsUnavailable("the configuration changed meanwhile", "run the command again")
    return client


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
    arn = answer.get("AssumedRoleUser", {}).get("Arn", "")
    account = arn.split(":")[4] if arn else ""
    return entry_of_credentials(answer["Credentials"], account=account)


def entry_of_credentials(made: Mapping[str, Any], *, account: str) -> CacheEntry:
    """Return the `Credentials` of an answer of STS; `account` is empty if it is not known."""
    return CacheEntry(
        access_key_id=made["AccessKeyId"],
        secret_access_key=made["SecretAccessKey"],
        session_token=made["SessionToken"],
        expires=int(made["Expiration"].timestamp()),
        account=account,
    )


def caller_session_name(client: Any) -> str:
    """Return the session name for an STS client's caller: its user name or own session name.

    So every log names who took the session, whatever user of the operating system runs the command.
    Raises botocore's errors.
    """
    arn = str(client.get_caller_identity()["Arn"])
    return session_names.default_session_name(arn)


def ask_on_terminal(serial: str) -> str:
    """Return the MFA code that the user types at the terminal; standard output stays clean.

    Raises `CredentialsUnavailable` without a terminal.
    """
    try:
        with Path("/dev/tty").open("r+b", buffering=0) as terminal:
            terminal.write(f"MFA code for {escaping.escape_text(serial)}: ".encode())
            return terminal.readline().decode("ascii", errors="replace").strip()
    except OSError as error:
        raise CredentialsUnavailable(
            f"an MFA code of {serial} is needed, and there is no terminal to ask on",
            "run `daypass env` in a terminal first, or give --mfa-code",
        ) from error
