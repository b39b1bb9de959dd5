"""`daypass up`: run the authority, and the gate in front of a store."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from daypass.cli.errors import Problem
from daypass.core import quotas
from daypass.files import reading
from daypass.server import config as settings
from daypass.server import limits
from daypass.server.config import Config, Misconfigured, S3Store

KEYS_BYTES_MAX = 4 * 1024
"""A store's key id and secret; ours."""


@click.command(short_help="Run the authority, and the gate in front of a store")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="DAYPASS_DATA",
    default=settings.DEFAULT_DATA,
    show_default=True,
    help="Where its data is.",
)
@click.option(
    "--listen",
    metavar="HOST:PORT",
    envvar="DAYPASS_LISTEN",
    default=settings.DEFAULT_LISTEN,
    show_default=True,
    help="Where to listen.",
)
@click.option(
    "--s3",
    metavar="URL",
    envvar="DAYPASS_S3",
    help="Put the gate in front of this S3-compatible store.",
)
@click.option(
    "--s3-ca",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Authorities of the store's certificate, in PEM.",
)
@click.option(
    "--s3-adopt",
    metavar="BUCKET",
    multiple=True,
    help="Adopt a bucket for the first account (repeatable).",
)
@click.option(
    "--s3-kms-keys",
    metavar="LIST",
    help="KMS keys to allow: ids, ARNs, `default`; or `none`.",
)
@click.option(
    "--s3-accept",
    metavar="FINDING",
    multiple=True,
    help="Start though the store lacks this (repeatable).",
)
@click.option(
    "--base-host",
    metavar="NAME",
    multiple=True,
    help="A name that clients reach the gate by; BUCKET.NAME names a bucket (repeatable).",
)
@click.option(
    "--region",
    envvar="DAYPASS_REGION",
    default="us-east-1",
    show_default=True,
    help="The gate's region.",
)
@click.option("--account", metavar="ID", help="The first account's id; random without it.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Certificate chain in PEM.")
@click.option("--tls-key", type=click.Path(path_type=Path), help="Its private key in PEM.")
@click.option("--plain-http", is_flag=True, help="Allow plain HTTP beyond loopback.")
@click.option(
    "--trusted-proxy",
    metavar="NETWORK",
    multiple=True,
    help="Believe X-Forwarded-For and -Proto of peers in this network, as 10.0.0.0/8 (repeatable).",
)
@click.option(
    "--anonymous-reads",
    is_flag=True,
    help="Serve unsigned reads that a bucket's policy opens.",
)
@click.option("--durable-audit", is_flag=True, help="Let answers wait for the audit log's disk.")
@click.option(
    "--calls-per-second",
    metavar="N",
    type=click.IntRange(min=0),
    default=limits.CALLS_PER_SECOND,
    show_default=True,
    help="How often one principal may call IAM and STS; 0 for any number.",
)
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(min=1, max=limits.WORKERS_MAX),
    default=1,
    show_default=True,
    help="Serve with so many processes, all alike.",
)
@click.option("--email", metavar="ADDRESS", help="Its root's e-mail address, at the first start.")
@click.option(
    "--accounts-max",
    metavar="N",
    type=click.IntRange(min=1),
    default=quotas.ORGANIZATION_ACCOUNTS_MAX,
    show_default=True,
    help="Accounts of an organization.",
)
@click.option(
    "--removal-wait-days",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Before a created account may leave.",
)
@click.option(
    "--accept-damage",
    metavar="RECORD",
    multiple=True,
    help="Go on without a damaged record (repeatable).",
)
def up(
    data: Path,
    listen: str,
    s3: str | None,
    s3_ca: Path | None,
    s3_adopt: tuple[str, ...],
    s3_kms_keys: str | None,
    s3_accept: tuple[str, ...],
    base_host: tuple[str, ...],
    region: str,
    account: str | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    plain_http: bool,
    trusted_proxy: tuple[str, ...],
    anonymous_reads: bool,
    durable_audit: bool,
    calls_per_second: int,
    email: str | None,
    accounts_max: int,
    removal_wait_days: int,
    accept_damage: tuple[str, ...],
    workers: int,
) -> None:
    """Run the authority: IAM, STS, Organizations and, with --s3, a gate that makes a real object store obey them.

    \b
    Example:
      daypass up --data ./daypass-data
      # in another shell, in the same directory
      daypass root --data ./daypass-data -- aws iam create-user --user-name alice

    The store's own keys come from DAYPASS_S3_ACCESS_KEY_ID and DAYPASS_S3_SECRET_ACCESS_KEY, or from a file named by
    DAYPASS_S3_CREDENTIALS; never from the command line. SIGTERM finishes what has begun, then stops; SIGHUP reads certificates again.
    """
    from daypass.server import store_check

    try:
        settings.check_environment(os.environ, also=CLIENT_ENVIRONMENT)
        host, port = settings.listen_address(listen)
        config = Config(
            data=data,
            host=host,
            port=port,
            region=region,
            account=account,
            tls_certificate=tls_cert,
            tls_key=tls_key,
            plain_http=plain_http,
            store=store_of(s3, os.environ, s3_ca) if s3 else None,
            base_hosts=base_host,
            s3_adopt=s3_adopt,
            s3_kms_keys=settings.kms_keys(s3_kms_keys),
            s3_accept=s3_accept,
            trusted_proxies=settings.networks(trusted_proxy),
            durable_audit=durable_audit,
            anonymous=anonymous_reads,
            calls_per_second=calls_per_second,
            email=email,
            accounts_max=accounts_max,
            removal_wait_days=removal_wait_days,
            accept_damage=accept_damage,
            workers=workers,
        )
        settings.check(config)
        store_check.check(config)
    except Misconfigured as error:
        raise Problem(str(error), hint=error.hint, code=2) from error
    _serve(config)


def _serve(config: Config) -> None:
    """Run a server until it is told to stop; raises `Problem` where it cannot start."""
    from daypass.cli.adoption import warn_of_doors
    from daypass.server import run
    from daypass.server.workers import serving
    from daypass.state.unusable import Unusable

    if config.store is not None and config.s3_adopt:
        warn_of_doors(config.store, config.s3_adopt)
    try:
        if config.workers > 1:
            sys.exit(serving.serve(config, os.environ))
        run.serve(config, os.environ)
    except Unusable as error:
        raise Problem(str(error), hint=error.hint) from error


CLIENT_ENVIRONMENT: Mapping[str, str] = {
    "DAYPASS_CACHE": "where the client keeps its cache",
    "DAYPASS_KEYRING": "whether the client uses the system's keyring",
    "DAYPASS_PROFILE": "the profile that a command was started under",
    "DAYPASS_HANDED_ON": "the variables that daypass env or root has set in a shell",
}


def store_of(url: str, environ: Mapping[str, str], certificates: Path | None = None) -> S3Store:
    """Return a store with the gate's keys for it, from the environment or a file; raises `Misconfigured`."""
    key, secret = (
        environ.get("DAYPASS_S3_ACCESS_KEY_ID"),
        environ.get("DAYPASS_S3_SECRET_ACCESS_KEY"),
    )
    file = environ.get("DAYPASS_S3_CREDENTIALS")
    if file:
        key, secret = _from_file(Path(file))
    if not key or not secret:
        raise Misconfigured(
            "the gate needs keys of its own for the store",
            "set DAYPASS_S3_ACCESS_KEY_ID and DAYPASS_S3_SECRET_ACCESS_KEY, or DAYPASS_S3_CREDENTIALS=FILE",
        )
    return S3Store(
        url=url,
        access_key_id=key,
        secret_access_key=secret,
        region=environ.get("DAYPASS_S3_REGION", "us-east-1"),
        certificates=certificates,
    )


def _from_file(path: Path) -> tuple[str, str]:
    try:
        lines = reading.text(path, KEYS_BYTES_MAX).split()
        mode = path.stat().st_mode
    except (OSError, reading.Unreadable) as error:
        raise Misconfigured(str(error)) from error
    if mode & 0o077:
        raise Misconfigured(f"{path} can be read by others", f"chmod 600 {path}")
    if len(lines) != 2:  # noqa: PLR2004 - a key id and a secret
        raise Misconfigured(f"{path} does not hold two lines", "the key id, then the secret")
    return lines[0], lines[1]
