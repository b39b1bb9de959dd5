"""The default `RoleSessionName`: the caller's own name. Source: STS API reference, AssumeRole."""

import re

from daypass.core.arn import resource_name

CHARACTERS_MAX = 64
_SHORTEST = 2
_OTHER = re.compile(r"[^\w+=,.@-]", re.ASCII)


def default_session_name(arn: str) -> str:
    """Return a legal session name made of the caller's ARN, as GetCallerIdentity returns it.

    It is a user's name without its path, a role session's own name, or `root`.
    """
    name = resource_name(arn)
    return _OTHER.sub("-", name)[:CHARACTERS_MAX].ljust(_SHORTEST, "-")
