"""Environment variables for a profile's endpoints, region and certificate authorities.

Precedence is the SDKs' own: a variable wins over the profile, so a variable that the environment
has already is not set again. A program that takes credentials from variables also reads the profile
`default`; the variables override the endpoints of that profile, and where they cannot, it is an
error. Sources: AWS SDKs and tools reference guide, "Service-specific endpoints" and "General
configuration".
"""

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from daypass.client.configuration_files import DEFAULT_PROFILE
from daypass.client.credentials_unavailable import CredentialsUnavailable
from daypass.client.exported_variables import CA_BUNDLE_VARIABLE

ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL"
IGNORE_ENDPOINTS_VARIABLE = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
_SERVICE_ID = re.compile(r"[a-z][a-z0-9_]*")
"""A service id in a services section; other characters are not allowed in a variable's name."""

ConfigSection = Mapping[str, Any]
"""A section of the configuration as botocore reads it, or the whole of it."""


def profile_variables(
    profile: str, config: ConfigSection, environ: Mapping[str, str], *, region: str = ""
) -> dict[str, str]:
    """Return the variables that make any SDK use a profile's endpoints, region and authorities.

    `config` is botocore's reading of the files. They depend on that and on `AWS_` variables alone:
    a relative path of the authorities stays relative (`exported_variables.with_absolute_bundle`).
    Raises `CredentialsUnavailable` for an endpoint that is not a URL, and if endpoints of the
    profile `default` cannot be overridden.
    """
    profiles = config.get("profiles", {})
    found = _region_variables(region) | _endpoint_variables(
        profiles.get(profile, {}), config, environ
    )
    authorities = str(profiles.get(profile, {}).get("ca_bundle", ""))
    if authorities and CA_BUNDLE_VARIABLE not in environ:
        found[CA_BUNDLE_VARIABLE] = _check_one_line(authorities, "ca_bundle")
    return found


def _region_variables(region: str) -> dict[str, str]:
    if not region:
        return {}
    return dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), _check_one_line(region, "region"))


def _endpoint_variables(
    found: ConfigSection, config: ConfigSection, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables that make an SDK use this profile's endpoints and not `default`'s."""
    if IGNORE_ENDPOINTS_VARIABLE in environ:
        # The program inherits this variable too, and then ignores configured endpoints.
        is_ignored = environ[IGNORE_ENDPOINTS_VARIABLE].lower() == "true"
    else:
        is_ignored = _is_true(found.get("ignore_configured_endpoint_urls"))
    if is_ignored:
        return {} if IGNORE_ENDPOINTS_VARIABLE in environ else {IGNORE_ENDPOINTS_VARIABLE: "true"}
    if environ.get(ENDPOINT_VARIABLE):
        return _overriding_default({}, config, environ)
    every = check_endpoint_url(str(found["endpoint_url"])) if found.get("endpoint_url") else ""
    named = {
        name: url
        for name, url in _service_endpoints(found, config).items()
        if not environ.get(name)
    }
    return _overriding_default(
        {ENDPOINT_VARIABLE: every, **named} if every else named, config, environ
    )


def _service_endpoints(found: ConfigSection, config: ConfigSection) -> dict[str, str]:
    """Return the endpoints of a profile's services section, by variable."""
    section = found.get("services")
    if section is None:
        return {}
    services = config.get("services", {}).get(section)
    if services is None:
        raise CredentialsUnavailable(
            f"the profile names a services section {section}, which does not exist",
            f"add [services {section}], or remove services from the profile",
        )
    addresses = {}
    for service, options in services.items():
        url = options.get("endpoint_url") if isinstance(options, Mapping) else None
        if not url:
            continue
        if not _SERVICE_ID.fullmatch(service):
            raise CredentialsUnavailable(
                f"`{service}` in the services section {section} is not a service id",
                "lower-case letters, digits and underscores, such as elastic_beanstalk",
            )
        addresses[f"{ENDPOINT_VARIABLE}_{service.upper()}"] = check_endpoint_url(str(url))
    return addresses


def _overriding_default(
    exported: dict[str, str], config: ConfigSection, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the exported variables, plus any that disable the endpoints of the profile `default`.

    Raises `CredentialsUnavailable` if no variable can disable them.
    """
    fallback = config.get("profiles", {}).get(DEFAULT_PROFILE, {})
    default_ignores_endpoints = IGNORE_ENDPOINTS_VARIABLE not in environ and _is_true(
        fallback.get("ignore_configured_endpoint_urls")
    )
    known = exported.keys() | {name for name in environ if name.startswith(ENDPOINT_VARIABLE)}
    if not known:
        return (
            {IGNORE_ENDPOINTS_VARIABLE: "true"}
            if not default_ignores_endpoints and _has_further_endpoints(fallback, config, known)
            else {}
        )
    if ENDPOINT_VARIABLE not in known and _has_further_endpoints(fallback, config, known):
        raise CredentialsUnavailable(
            "the profile default has endpoints of its own, which a program that takes these "
            "credentials from variables would use",
            "give this profile an endpoint_url, or move those of default to another profile",
        )
    return exported | ({IGNORE_ENDPOINTS_VARIABLE: "false"} if default_ignores_endpoints else {})


def _has_further_endpoints(
    fallback: ConfigSection, config: ConfigSection, known: Collection[str]
) -> bool:
    """Say whether the profile `default` has an endpoint that none of these variables overrides."""
    services = config.get("services", {}).get(fallback.get("services"), {})
    named = {
        f"{ENDPOINT_VARIABLE}_{service.upper()}"
        for service, options in services.items()
        if isinstance(options, Mapping) and options.get("endpoint_url")
    }
    return bool(fallback.get("endpoint_url")) or not named <= set(known)


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"


def check_endpoint_url(url: str) -> str:
    """Return a URL unchanged; raises `CredentialsUnavailable` unless it is an http or https URL."""
    _check_one_line(url, "endpoint_url")
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or " " in url:
        raise CredentialsUnavailable(
            f"`{url}` is not the address of an endpoint", "https://HOST[:PORT]"
        )
    return url


def _check_one_line(text: str, what: str) -> str:
    """Return a value unchanged; raises `CredentialsUnavailable` for unprintable characters.

    A line end would start a second variable or command in a shell.
    """
    if not text.isprintable():
        raise CredentialsUnavailable(
            f"{what} contains a control character", "write it as one line of text"
        )
    return text
