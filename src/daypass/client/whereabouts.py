"""Where a profile's credentials are good: the endpoints, the region and the certificate authorities that go along with them.

The order is the SDKs' own: a variable wins over the profile, so what the environment says already is left to it. Whoever takes
the credentials from variables reads the profile `default` beside them; what that one says is outvoted, or refused where it
cannot be. Sources: AWS SDKs and tools reference guide, "Service-specific endpoints" and "General configuration".
"""

import os
import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from daypass.client.unusable import Unusable

ENDPOINT = "AWS_ENDPOINT_URL"
IGNORE = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
AUTHORITIES = "AWS_CA_BUNDLE"
DEFAULT = "default"
_SERVICE = re.compile(r"[a-z][a-z0-9_]*")
"""A service's id as a services section spells it; more would be no variable's name."""

Settings = Mapping[str, Any]


def variables(
    profile: str, config: Settings, environ: Mapping[str, str], *, region: str = ""
) -> dict[str, str]:
    """Return the variables by which any SDK reaches what a profile reaches; `config` is botocore's reading of the files.

    Raises `Unusable` for an address that is none, and where the profile `default` would lead elsewhere.
    """
    profiles = config.get("profiles", {})
    found = _regions(region) | _endpoints(profiles.get(profile, {}), config, environ)
    authorities = str(profiles.get(profile, {}).get("ca_bundle", ""))
    if authorities and AUTHORITIES not in environ:
        # A shell may go elsewhere, and a relative path would go with it.
        found[AUTHORITIES] = os.path.abspath(_plain(authorities, "ca_bundle"))  # noqa: PTH100 - as botocore opens it
    return found


def _regions(region: str) -> dict[str, str]:
    if not region:
        return {}
    return dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), _plain(region, "region"))


def _endpoints(found: Settings, config: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what makes an SDK find a profile's endpoints, and no other profile's."""
    if IGNORE in environ:
        # Whoever is handed this reads the same variable: with it nothing is asked of files or variables, without it all is.
        is_ignored = environ[IGNORE].lower() == "true"
    else:
        is_ignored = _is_true(found.get("ignore_configured_endpoint_urls"))
    if is_ignored:
        return {} if IGNORE in environ else {IGNORE: "true"}
    if environ.get(ENDPOINT):
        return _outvoted({}, config, environ)
    every = checked(str(found["endpoint_url"])) if found.get("endpoint_url") else ""
    named = {
        name: url for name, url in _of_services(found, config).items() if not environ.get(name)
    }
    return _outvoted({ENDPOINT: every, **named} if every else named, config, environ)


def _of_services(found: Settings, config: Settings) -> dict[str, str]:
    """Return the endpoints of a profile's services section, by variable."""
    section = found.get("services")
    if section is None:
        return {}
    services = config.get("services", {}).get(section)
    if services is None:
        raise Unusable(
            f"the profile names a services section {section}, and there is none",
            f"write [services {section}], or take services out of the profile",
        )
    addresses = {}
    for service, told in services.items():
        url = told.get("endpoint_url") if isinstance(told, Mapping) else None
        if not url:
            continue
        if not _SERVICE.fullmatch(service):
            raise Unusable(
                f"`{service}` in the services section {section} is no service",
                "small letters, digits and underscores, as elastic_beanstalk",
            )
        addresses[f"{ENDPOINT}_{service.upper()}"] = checked(str(url))
    return addresses


def _outvoted(
    handed: dict[str, str], config: Settings, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return what is handed on, with what keeps the profile `default` from leading elsewhere."""
    fallback = config.get("profiles", {}).get(DEFAULT, {})
    is_deaf = IGNORE not in environ and _is_true(fallback.get("ignore_configured_endpoint_urls"))
    known = handed.keys() | {name for name in environ if name.startswith(ENDPOINT)}
    if not known:
        return {IGNORE: "true"} if not is_deaf and _leads(fallback, config, known) else {}
    if ENDPOINT not in known and _leads(fallback, config, known):
        raise Unusable(
            "the profile default has endpoints of its own, and whoever takes these credentials from variables would use them",
            "give the profile an endpoint_url, or move those of default into profiles of their own",
        )
    return handed | ({IGNORE: "false"} if is_deaf else {})


def _leads(fallback: Settings, config: Settings, known: Collection[str]) -> bool:
    """Say whether the profile `default` has an endpoint that these variables do not outvote."""
    services = config.get("services", {}).get(fallback.get("services"), {})
    named = {
        f"{ENDPOINT}_{service.upper()}"
        for service, told in services.items()
        if isinstance(told, Mapping) and told.get("endpoint_url")
    }
    return bool(fallback.get("endpoint_url")) or not named <= set(known)


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"


def checked(url: str) -> str:
    """Return an endpoint's address; raises `Unusable` for what is none."""
    _plain(url, "endpoint_url")
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or " " in url:
        raise Unusable(f"`{url}` is not the address of an endpoint", "https://HOST[:PORT]")
    return url


def _plain(text: str, what: str) -> str:
    """Return a value that is one line of text; a second line would be a second variable, or a command."""
    if not text.isprintable():
        raise Unusable(f"{what} holds a character that no address or name has", "one line of text")
    return text
