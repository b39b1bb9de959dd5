"""The name of a role's session after the caller who takes it. Source: STS API reference, AssumeRole, `RoleSessionName`."""

import re

CHARACTERS_MAX = 64
_SHORTEST = 2
_OTHER = re.compile(r"[^\w+=,.@-]", re.ASCII)


def of_caller(arn: str) -> str:
    """Return a session name that says whose session it is: the last part of an ARN as GetCallerIdentity gives it.

    That is a user's name without its path, a role session's own name, `root` for root.
    """
    name = arn.rpartition(":")[2].rpartition("/")[2]
    return _OTHER.sub("-", name)[:CHARACTERS_MAX].ljust(_SHORTEST, "-")
