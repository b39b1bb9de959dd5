"""Refuses settings that contradict each other or are not safe, before the server starts."""

import ipaddress
import os
from urllib.parse import urlsplit

from daypass.core.account_ids import is_account_id
from daypass.core.identity_center.instances.regions import is_instance_region
from daypass.core.organizations.names import is_email
from daypass.server.settings.config import Config, S3Store
from daypass.server.settings.setting_values import Misconfigured


def check_config(config: Config) -> None:
    """Raise `Misconfigured` for settings that contradict each other or are not safe."""
    if (config.tls_certificate is None) != (config.tls_key is None):
        raise Misconfigured("--tls-cert and --tls-key belong together", "give both or neither")
    if not config.is_tls and not config.plain_http and not is_loopback(config.host):
        raise Misconfigured(
            f"plain HTTP on {config.host} would show sessions to the network",
            "give --tls-cert and --tls-key, or --plain-http if a TLS terminator stands in front",
        )
    if config.account is not None and not is_account_id(config.account):
        raise Misconfigured(f"`{config.account}` is not an account id", "twelve digits")
    if config.email is not None and not is_email(config.email):
        raise Misconfigured(f"`{config.email}` is not an e-mail address", "as root@example.com")
    if not is_instance_region(config.identity_center_region):
        raise Misconfigured(
            f"`{config.identity_center_region}` is not the name of a region", "as eu-west-1"
        )
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
        "--no-sigv2": config.no_sigv2,
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
