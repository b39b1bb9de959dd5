"""How a server is configured: what the command line and the environment say, checked before anything is touched."""

import difflib
import ipaddress
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from daypass.core import quotas
from daypass.core.organizations.names import is_email
from daypass.gate import kms
from daypass.server import limits
from daypass.server.http.addresses import Network

ENVIRONMENT: Mapping[str, str] = {
    "DAYPASS_DATA": "where the authority keeps its data",
    "DAYPASS_LISTEN": "host and port to listen on",
    "DAYPASS_S3": "address of the S3-compatible store behind the gate",
    "DAYPASS_S3_ACCESS_KEY_ID": "the store's access key id",
    "DAYPASS_S3_SECRET_ACCESS_KEY": "the store's secret access key",
    "DAYPASS_S3_CREDENTIALS": "a file of mode 0600 that holds both, a line each",
    "DAYPASS_S3_REGION": "the region that requests to the store are signed for",
    "DAYPASS_MASTER_KEY": "the master key, 32 bytes in base64",
    "DAYPASS_MASTER_KEY_COMMAND": "a command that prints the master key",
    "DAYPASS_NEW_MASTER_KEY": "the next master key, for daypass keys master",
    "DAYPASS_REGION": "the region of the gate",
    "DAYPASS_DEBUG": "tracebacks for developers",
}
DEFAULT_DATA = "daypass-data"
DEFAULT_LISTEN = "127.0.0.1:8090"


class Misconfigured(Exception):
    """A setting cannot be meant; `hint` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class S3Store:
    """The store behind the gate, and the gate's own keys for it."""

    url: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str = "us-east-1"
    certificates: Path | None = None
    """The authorities that the store's certificate is checked with; the system's without it."""


@dataclass(frozen=True, slots=True)
class Config:
    """A server's settings."""

    data: Path
    host: str
    port: int
    region: str = "us-east-1"
    account: str | None = None
    email: str | None = None
    """The address of the first account's root."""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    plain_http: bool = False
    store: S3Store | None = None
    base_hosts: tuple[str, ...] = ()
    s3_adopt: tuple[str, ...] = ()
    s3_kms_keys: frozenset[str] | None = None
    """The store's KMS keys that requests may name; None for every key."""
    s3_accept: tuple[str, ...] = ()
    """Findings about the store that the operator accepts, though the gate needs them."""
    durable_audit: bool = False
    trusted_proxies: tuple[Network, ...] = ()
    """Whose word about a client's address and scheme is taken."""
    anonymous: bool = False
    """Whether unsigned requests may read what a bucket's policy opens to everybody."""
    calls_per_second: int = limits.CALLS_PER_SECOND
    accounts_max: int = quotas.ORGANIZATION_ACCOUNTS_MAX
    removal_wait_days: int = 0
    accept_damage: tuple[str, ...] = ()
    """What the disk has spoilt of the database, by name, and this start goes on without."""
    workers: int = 1
    """How many processes serve, all alike."""

    @property
    def is_tls(self) -> bool:
        """Say whether the listener speaks TLS itself."""
        return self.tls_certificate is not None

    @property
    def url(self) -> str:
        """Return the address that clients use, as far as the listener knows it."""
        return self._url(self.host)

    @property
    def local_url(self) -> str:
        """Return the address by which the server's own host reaches it: where it listens everywhere, loopback."""
        return self._url({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host))  # noqa: S104 - nobody listens by it

    def _url(self, host: str) -> str:
        host = f"[{host}]" if ":" in host else host
        return f"{'https' if self.is_tls else 'http'}://{host}:{self.port}"


def check_environment(environ: Mapping[str, str], also: Mapping[str, str]) -> None:
    """Raise `Misconfigured` for a variable that begins like ours and is not; `also` names the client's own."""
    known = {**ENVIRONMENT, **also}
    for name in sorted(environ):
        if name.startswith("DAYPASS_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "see daypass up --help"
            raise Misconfigured(f"the environment variable {name} is not a setting", hint)


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return networks from `10.0.0.0/8` or single addresses; raises `Misconfigured` for what is none, or is everybody."""
    found = []
    for text in texts:
        if "%" in text:
            raise Misconfigured(f"`{text}` has a zone", "name the proxies' addresses without it")
        try:
            network = ipaddress.ip_network(text)
        except ValueError as error:
            raise Misconfigured(f"`{text}` is no network: {error}", "as 10.0.0.0/8") from None
        if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped:
            raise Misconfigured(f"`{text}` is of version 4", "write it so, as 10.0.0.0/8")
        if not network.prefixlen:
            raise Misconfigured(f"`{text}` is everybody", "name the proxies' own addresses")
        found.append(network)
    return tuple(found)


def kms_keys(text: str | None) -> frozenset[str] | None:
    """Read the list of KMS keys that requests may name, None where there is no list; raises `Misconfigured`."""
    try:
        return None if text is None else kms.listed(text)
    except ValueError as error:
        raise Misconfigured(
            f"`{error}` names no KMS key", "give key ids or ARNs, `default`, or `none` alone"
        ) from None


def listen_address(text: str) -> tuple[str, int]:
    """Split `HOST:PORT`; raises `Misconfigured`."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - ports
        raise Misconfigured(f"`{text}` is not HOST:PORT", f"for example {DEFAULT_LISTEN}")
    return host.strip("[]") or "127.0.0.1", int(port)


def check(config: Config) -> None:
    """Raise `Misconfigured` for settings that contradict each other or are not safe."""
    if (config.tls_certificate is None) != (config.tls_key is None):
        raise Misconfigured("--tls-cert and --tls-key belong together", "give both or neither")
    if not config.is_tls and not config.plain_http and not is_loopback(config.host):
        raise Misconfigured(
            f"plain HTTP on {config.host} would show sessions to the network",
            "give --tls-cert and --tls-key, or --plain-http if a TLS terminator stands in front",
        )
    if config.account is not None and not _is_account(config.account):
        raise Misconfigured(f"`{config.account}` is not an account id", "twelve digits")
    if config.email is not None and not is_email(config.email):
        raise Misconfigured(f"`{config.email}` is not an e-mail address", "as root@example.com")
    if config.workers > 1 and not hasattr(os, "memfd_create"):
        raise Misconfigured("several workers need Linux", "--workers 1")
    if config.store is not None:
        _check_store(config.store)
    else:
        _check_needs_store(config)


def _check_needs_store(config: Config) -> None:
    """Raise `Misconfigured` for a setting of the gate where there is no store."""
    given = {
        "--s3-adopt": config.s3_adopt,
        "--s3-accept": config.s3_accept,
        "--s3-kms-keys": config.s3_kms_keys is not None,
    }
    for name, is_given in given.items():
        if is_given:
            raise Misconfigured(f"{name} needs --s3", "give the store's address with --s3 URL")


def _check_store(store: S3Store) -> None:
    parts = urlsplit(store.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Misconfigured(f"`{store.url}` is not the address of a store", "https://HOST[:PORT]")
    if parts.username or parts.query or parts.fragment or parts.path not in {"", "/"}:
        raise Misconfigured(
            "the store's address holds more than scheme, host and port",
            "keys come from DAYPASS_S3_ACCESS_KEY_ID and DAYPASS_S3_SECRET_ACCESS_KEY",
        )
    if store.certificates is not None and parts.scheme != "https":
        raise Misconfigured("--s3-ca needs a store with https", "certificates say nothing of http")


def is_loopback(host: str) -> bool:
    """Say whether a host to listen on is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_account(text: str) -> bool:
    return len(text) == 12 and text.isascii() and text.isdigit()  # noqa: PLR2004 - an account id
