"""Names of regions that an instance may have, by the pattern in the model of `sso-admin`."""

import re

REGION_CHARACTERS_MAX = 32
_REGION = re.compile(r"(?:[a-z]+-){2,3}[0-9]", re.ASCII)


def is_instance_region(text: str) -> bool:
    """Return whether a text can be the name of an instance's region, such as `eu-west-1`."""
    return len(text) <= REGION_CHARACTERS_MAX and _REGION.fullmatch(text) is not None
