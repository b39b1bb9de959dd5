"""The configuration of a server: its settings, each declared at the field it fills."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from daypass.core import quotas
from daypass.core.identity_center.reserved_roles import FIRST_REGION
from daypass.server import limits
from daypass.server.http.addresses import Network
from daypass.server.settings.setting import Setting, ValueKind
from daypass.server.settings.setting_values import (
    DEFAULT_LISTEN,
    parse_kms_keys,
    parse_listen_address,
    parse_networks,
)

DEFAULT_DATA = "daypass-data"
DEFAULT_REGION = "us-east-1"
LISTEN = Setting(
    flag="--listen",
    variable="DAYPASS_LISTEN",
    metavar="HOST:PORT",
    default=DEFAULT_LISTEN,
    parse=parse_listen_address,
    help="Where to listen.",
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
            help="The first account's e-mail address.",
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
    no_sigv2: Annotated[
        bool,
        Setting(
            flag="--no-sigv2",
            kind=ValueKind.SWITCH,
            help="Refuse links and forms of Signature Version 2.",
        ),
    ] = False
    """Whether the gate accepts Signature Version 4 alone."""
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
            help="Worker processes.",
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
            help="Accounts per organization.",
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
    identity_center_region: Annotated[
        str,
        Setting(
            flag="--identity-center-region",
            metavar="REGION",
            help="Identity Center's region.",
        ),
    ] = FIRST_REGION
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
