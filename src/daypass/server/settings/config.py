"""How a server is configured: its settings, each declared at the field that it fills."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from daypass.core import quotas
from daypass.server import limits
from daypass.server.http.addresses import Network
from daypass.server.settings.setting import Form, Setting
from daypass.server.settings.setting_values import (
    DEFAULT_LISTEN,
    kms_keys,
    listen_address,
    networks,
)

DEFAULT_DATA = "daypass-data"
DEFAULT_REGION = "us-east-1"
LISTEN = Setting(
    flag="--listen",
    variable="DAYPASS_LISTEN",
    metavar="HOST:PORT",
    default=DEFAULT_LISTEN,
    read=listen_address,
    help="Where to listen.",
)


@dataclass(frozen=True, slots=True)
class S3Store:
    """The store behind the gate, and the gate's own keys for it."""

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
            form=Form.FILE,
            is_reloadable=True,
            help="Authorities of the store's certificate, in PEM.",
        ),
    ] = None
    """The authorities that the store's certificate is checked with; the system's without it."""


@dataclass(frozen=True, slots=True)
class Config:
    """A server's settings, in the order in which help shows them."""

    data: Annotated[
        Path,
        Setting(
            flag="--data",
            variable="DAYPASS_DATA",
            form=Form.PATH,
            default=DEFAULT_DATA,
            help="Where its data is.",
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
            read=kms_keys,
            help="KMS keys to allow: ids, ARNs, `default`; or `none`.",
        ),
    ] = None
    """The store's KMS keys that requests may name; None for every key."""
    s3_accept: Annotated[
        tuple[str, ...],
        Setting(
            flag="--s3-accept",
            metavar="FINDING",
            is_repeatable=True,
            help="Start though the store lacks this (repeatable).",
        ),
    ] = ()
    """Findings about the store that the operator accepts, though the gate needs them."""
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
            help="Its root's e-mail address, at the first start.",
        ),
    ] = None
    tls_certificate: Annotated[
        Path | None,
        Setting(
            flag="--tls-cert",
            form=Form.PATH,
            is_reloadable=True,
            help="Certificate chain in PEM.",
        ),
    ] = None
    tls_key: Annotated[
        Path | None,
        Setting(
            flag="--tls-key",
            form=Form.PATH,
            is_reloadable=True,
            help="Its private key in PEM.",
        ),
    ] = None
    plain_http: Annotated[
        bool,
        Setting(
            flag="--plain-http",
            form=Form.SWITCH,
            help="Allow plain HTTP beyond loopback.",
        ),
    ] = False
    trusted_proxies: Annotated[
        tuple[Network, ...],
        Setting(
            flag="--trusted-proxy",
            metavar="NETWORK",
            is_repeatable=True,
            read=networks,
            help="Believe X-Forwarded-For and -Proto of peers in this network, as 10.0.0.0/8 (repeatable).",
        ),
    ] = ()
    """Whose word about a client's address and scheme is taken."""
    anonymous: Annotated[
        bool,
        Setting(
            flag="--anonymous-reads",
            form=Form.SWITCH,
            help="Serve unsigned reads that a bucket's policy opens.",
        ),
    ] = False
    """Whether unsigned requests may read what a bucket's policy opens to everybody."""
    durable_audit: Annotated[
        bool,
        Setting(
            flag="--durable-audit",
            form=Form.SWITCH,
            help="Let answers wait for the audit log's disk.",
        ),
    ] = False
    calls_per_second: Annotated[
        int,
        Setting(
            flag="--calls-per-second",
            metavar="N",
            form=Form.NUMBER,
            least=0,
            help="How often one principal may call IAM and STS; 0 for any number.",
        ),
    ] = limits.CALLS_PER_SECOND
    workers: Annotated[
        int,
        Setting(
            flag="--workers",
            metavar="N",
            form=Form.NUMBER,
            least=1,
            most=limits.WORKERS_MAX,
            help="Serve with so many processes, all alike.",
        ),
    ] = 1
    """How many processes serve, all alike."""
    accounts_max: Annotated[
        int,
        Setting(
            flag="--accounts-max",
            metavar="N",
            form=Form.NUMBER,
            least=1,
            help="Accounts of an organization.",
        ),
    ] = quotas.ORGANIZATION_ACCOUNTS_MAX
    removal_wait_days: Annotated[
        int,
        Setting(
            flag="--removal-wait-days",
            metavar="N",
            form=Form.NUMBER,
            least=0,
            help="Before a created account may leave.",
        ),
    ] = 0
    accept_damage: Annotated[
        tuple[str, ...],
        Setting(
            flag="--accept-damage",
            metavar="RECORD",
            is_repeatable=True,
            help="Go on without a damaged record (repeatable).",
        ),
    ] = ()
    """What the disk has spoilt of the database, by name, and this start goes on without."""

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
