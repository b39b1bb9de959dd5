"""`~/.aws/config` and `~/.aws/credentials`: their profile, their largest size, their paths.

This module loads no SDK.
"""

import os

TYPE_CHECKING = False  # `typing` takes longer to load than a hit of the cache takes
if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIGURATION_BYTES_MAX = 4 * 1024 * 1024
"""The largest configuration file that is read; ours: ten thousand generated profiles have about
2 MB."""
DEFAULT_PROFILE = "default"
PROFILE_VARIABLES = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
"""The variables that name a profile, in botocore's order (`botocore.configprovider`)."""


def requested_profile(environ: "Mapping[str, str]") -> str:
    """Return the profile that the environment names; empty if it names none.

    An empty variable names none; botocore would look for a profile without a name.
    """
    for variable in PROFILE_VARIABLES:
        if environ.get(variable):
            return environ[variable]
    return ""


def expand_path(path: str) -> str:
    """Return a path with variables and a tilde expanded, as botocore opens it."""
    return os.path.expanduser(os.path.expandvars(path))  # noqa: PTH111 - pathlib is not loaded here
