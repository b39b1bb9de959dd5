"""The configuration of a server: its settings, each declared at the field it fills, and checked."""

import ipaddress
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from daypass.core import quotas
from daypass.core.organizations.names import is_email
from daypass.server import limits
from daypass.server.http.addresses import Network
from daypass.server.settings.setting import Setting, ValueKind

DEFAULT_DATA = "daypass-data"
DEFAULT_LISTEN = "127.0.0.1:8090"
DEFAULT_REGION = "us-east-1"


class Misconfigured(Exception):
    """A setting is wrong or contradicts another; `hint` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return networks from texts such as `10.0.0.0/8`, or single addresses.

    Raises `Misconfigured` for a text that is no network, and for the network of all addresses.
    """
    parsed = []
    for text in texts:
        if "%" in text:
            raise Misconfigured(f"`{text}` has a zone", "name the proxies' addresses without it")
        try:
            network = ipaddress.ip_network(text)
        except ValueError as error:
            raise Misconfigured(
                f"`{text}` is not a network: {error}", "for example 10.0.0.0/8"
            ) from None
        if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped:
            raise Misconfigured(
                f"`{text}` is an IPv4 network in IPv6 notation", "write it as 10.0.0.0/8"
            )
        if not network.prefixlen:
            raise Misconfigured(
                f"`{text}` is the network of all addresses", "name the proxies' addresses"
            )
        parsed.append(network)
    return tuple(parsed)


def parse_kms_keys(text: str | None) -> frozenset[str] | None:
    """Return the KMS keys that requests may name, from a list in one text; None for None.

    Raises `Misconfigured` for an element that names no key.
    """
    if text is None:
        return None
    from daypass.gate.decision import kms  # noqa: PLC0415 - `--help` must not load the gate

    try:
        return kms.listed(text)
    except ValueError as error:
        raise Misconfigured(
            f"`{error}` names no KMS key", "give key ids or ARNs, `default`, or `none` alone"
        ) from None


def parse_listen_address(text: str) -> tuple[str, int]:
    """Return the host and the port of `HOST:PORT`; raises `Misconfigured`.

    The host is without brackets, and 127.0.0.1 if it is empty.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - ports
        raise Misconfigured(f"`{text}` is not HOST:PORT", f"for example {DEFAULT_LISTEN}")
    return host.strip("[]") or "127.0.0.1", int(port)


LISTEN = Setting(
    flag="--listen",
    variable="DAYPASS_LISTEN",
    metavar="HOST:PORT",
    default=DEFAULT_LISTEN,
    parse=parse_listen_address,
    help="The address to listen on.",
)


@dataclass(frozen=True, slots=True)
class S3Store:
    """The store behind the gate, and the gate's credentials for it."""

    url: Annotated[
        str,
        Setting(
            flag="--s3",
            variable="DAYPASS_S3",
            metavar="URL",
            help="Put the gate in front of this S3-compatible store.",
        ),
    ]
    access_key_id: Annotated[
        str,
        Setting(variable="DAYPASS_S3_ACCESS_KEY_ID", help="The store's access key id."),
    ]
    secret_access_key: Annotated[
        str,
        Setting(variable="DAYPASS_S3_SECRET_ACCESS_KEY", help="The store's secret access key."),
    ] = field(repr=False)
    region: Annotated[
        str,
        Setting(
            variable="DAYPASS_S3_REGION",
            help="The region that requests to the store are signed for.",
        ),
    ] = DEFAULT_REGION
    certificates: Annotated[
        Path | None,
        Setting(
            flag="--s3-ca",
            kind=ValueKind.FILE,
            is_reloadable=True,
            help="Certificate authorities of the store, in PEM.",
        ),
    ] = None
    """The authorities that may issue the store's certificate; None for the system's."""


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration of a server; the fields are in the order of `daypass up --help`."""

    data: Annotated[
        Path,
        Setting(
            flag="--data",
            variable="DAYPASS_DATA",
            kind=ValueKind.PATH,
            default=DEFAULT_DATA,
            help="The data directory.",
        ),
    ]
    host: Annotated[str, LISTEN]
    port: Annotated[int, LISTEN]
    store: S3Store | None = None
    s3_adopt: Annotated[
        tuple[str, ...],
        Setting(
            flag="--s3-adopt",
            metavar="BUCKET",
            is_repeatable=True,
            help="Adopt a bucket for the first account (repeatable).",
        ),
    ] = ()
    s3_kms_keys: Annotated[
        frozenset[str] | None,
        Setting(
            flag="--s3-kms-keys",
            metavar="LIST",
            parse=parse_kms_keys,
            help="KMS keys to allow: ids, ARNs, `default`; or `none`.",
        ),
    ] = None
    """The KMS keys of the store that requests may name; None for all keys."""
    s3_accept: Annotated[
        tuple[str, ...],
        Setting(
            flag="--s3-accept",
            metavar="FINDING",
            is_repeatable=True,
            help="Start although the store lacks this (repeatable).",
        ),
    ] = ()
    """Capabilities that the gate needs and the operator accepts that the store lacks."""
    base_hosts: Annotated[
        tuple[str, ...],
        Setting(
            flag="--base-host",
            metavar="NAME",
            is_repeatable=True,
            help="A name that clients reach the gate by; BUCKET.NAME names a bucket (repeatable).",
        ),
    ] = ()
    region: Annotated[
        str,
        Setting(flag="--region", variable="DAYPASS_REGION", help="The gate's region."),
    ] = DEFAULT_REGION
    account: Annotated[
        str | None,
        Setting(flag="--account", metavar="ID", help="The first account's id; random without it."),
    ] = None
    email: Annotated[
        str | None,
        Setting(
            flag="--email",
            metavar="ADDRESS",
            help="The first account's root e-mail address.",
        ),
    ] = None
    tls_certificate: Annotated[
        Path | None,
        Setting(
            flag="--tls-cert",
            kind=ValueKind.PATH,
            is_reloadable=True,
            help="Certificate chain in PEM.",
        ),
    ] = None
    tls_key: Annotated[
        Path | None,
        Setting(
            flag="--tls-key",
            kind=ValueKind.PATH,
            is_reloadable=True,
            help="The certificate's private key in PEM.",
        ),
    ] = None
    plain_http: Annotated[
        bool,
        Setting(
            flag="--plain-http",
            kind=ValueKind.SWITCH,
            help="Allow plain HTTP beyond loopback.",
        ),
    ] = False
    trusted_proxies: Annotated[
        tuple[Network, ...],
        Setting(
            flag="--trusted-proxy",
            metavar="NETWORK",
            is_repeatable=True,
            parse=parse_networks,
            help=(
                "Trust X-Forwarded-For and -Proto of peers in this network, as 10.0.0.0/8"
                " (repeatable)."
            ),
        ),
    ] = ()
    """The networks of proxies whose headers about a client's address and scheme are trusted."""
    anonymous: Annotated[
        bool,
        Setting(
            flag="--anonymous-reads",
            kind=ValueKind.SWITCH,
            help="Serve unsigned reads that a bucket's policy allows.",
        ),
    ] = False
    """Whether unsigned requests may read what a bucket's policy allows to everybody."""
    durable_audit: Annotated[
        bool,
        Setting(
            flag="--durable-audit",
            kind=ValueKind.SWITCH,
            help="Answer only when the audit record is on disk.",
        ),
    ] = False
    calls_per_second: Annotated[
        int,
        Setting(
            flag="--calls-per-second",
            metavar="N",
            kind=ValueKind.NUMBER,
            minimum=0,
            help="Calls of one principal to IAM and STS in a second; 0 for no limit.",
        ),
    ] = limits.CALLS_PER_SECOND
    workers: Annotated[
        int,
        Setting(
            flag="--workers",
            metavar="N",
            kind=ValueKind.NUMBER,
            minimum=1,
            maximum=limits.WORKERS_MAX,
            help="Worker processes that serve.",
        ),
    ] = 1
    """The number of worker processes; 1 serves in the process itself."""
    accounts_max: Annotated[
        int,
        Setting(
            flag="--accounts-max",
            metavar="N",
            kind=ValueKind.NUMBER,
            minimum=1,
            help="Accounts that an organization may have.",
        ),
    ] = quotas.ORGANIZATION_ACCOUNTS_MAX
    removal_wait_days: Annotated[
        int,
        Setting(
            flag="--removal-wait-days",
            metavar="N",
            kind=ValueKind.NUMBER,
            minimum=0,
            help="Days before a created account may leave its organization.",
        ),
    ] = 0
    accept_damage: Annotated[
        tuple[str, ...],
        Setting(
            flag="--accept-damage",
            metavar="RECORD",
            is_repeatable=True,
            help="Start without a damaged record (repeatable).",
        ),
    ] = ()
    """The names of damaged database records that this start does without."""

    @property
    def is_tls(self) -> bool:
        """Say whether the listener itself uses TLS."""
        return self.tls_certificate is not None

    @property
    def url(self) -> str:
        """Return the URL of the host and port that the server listens on."""
        return self._url(self.host)

    @property
    def local_url(self) -> str:
        """Return the URL for clients on this machine: loopback if it listens on all addresses."""
        loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - no address to listen on
        return self._url(loopback.get(self.host, self.host))

    def _url(self, host: str) -> str:
        host = f"[{host}]" if ":" in host else host
        return f"{'https' if self.is_tls else 'http'}://{host}:{self.port}"


def check_config(config: Config) -> None:
    """Raise `Misconfigured` for settings that contradict each other or are not safe."""
    if (config.tls_certificate is None) != (config.tls_key is None):
        raise Misconfigured("--tls-cert and --tls-key belong together", "give both or neither")
    if not config.is_tls and not config.plain_http and not is_loopback(config.host):
        raise Misconfigured(
            f"plain HTTP on {config.host} would show sessions to the network",
            "give --tls-cert and --tls-key, or --plain-http if a TLS terminator stands in front",
        )
    if config.account is not None and not _is_account_id(config.account):
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
    """Raise `Misconfigured` for a setting of the gate if there is no store."""
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
            "the store's address has more than scheme, host and port",
            "keys come from DAYPASS_S3_ACCESS_KEY_ID and DAYPASS_S3_SECRET_ACCESS_KEY",
        )
    if store.certificates is not None and parts.scheme != "https":
        raise Misconfigured("--s3-ca needs a store with https", "http uses no certificate")


def is_loopback(host: str) -> bool:
    """Say whether a host to listen on is reachable from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_account_id(text: str) -> bool:
    return len(text) == 12 and text.isascii() and text.isdigit()  # noqa: PLR2004 - an account id
