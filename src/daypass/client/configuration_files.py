"""The two files that profiles stand in: how much is read of one, and how botocore opens its path.

It loads no SDK.
"""

import os

CONFIGURATION_BYTES_MAX = 4 * 1024 * 1024
"""The most that is read of a configuration file; ours: ten thousand generated profiles have about 2
MB."""


def expand_path(path: str) -> str:
    """Return a path as botocore opens it: variables and a tilde are put in."""
    return os.path.expanduser(os.path.expandvars(path))  # noqa: PTH111 - pathlib is not loaded here
