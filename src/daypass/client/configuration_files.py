"""`~/.aws/config` and `~/.aws/credentials`: their largest size, and expanding their paths.

This module loads no SDK.
"""

import os

CONFIGURATION_BYTES_MAX = 4 * 1024 * 1024
"""The largest configuration file that is read; ours: ten thousand generated profiles have about
2 MB."""


def expand_path(path: str) -> str:
    """Return a path with variables and a tilde expanded, as botocore opens it."""
    return os.path.expanduser(os.path.expandvars(path))  # noqa: PTH111 - pathlib is not loaded here
