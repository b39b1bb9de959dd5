"""Amazon Resource Names: `arn:partition:service:region:account:resource`."""

from typing import NamedTuple, Self

from daypass.core.faults import Invalid

PARTITION = "aws"
PARTS = 6


class Arn(NamedTuple):
    """The six parts of a name; `resource` keeps its own colons and slashes."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Split a name at its first five colons, or raise `Invalid` with AWS's `X is invalid`."""
        parts = text.split(":", PARTS - 1)
        if len(parts) != PARTS or parts[0] != "arn" or not all((parts[1], parts[2], parts[5])):
            raise Invalid(f"{text} is invalid")
        return cls(*parts[1:])


def iam(account: str, kind: str, path: str, name: str) -> str:
    """Name an IAM resource, such as `arn:aws:iam::111122223333:user/team/alice`; `path` begins and ends with `/`."""
    return f"arn:{PARTITION}:iam::{account}:{kind}{path}{name}"


def root(account: str) -> str:
    """Name an account's root user."""
    return f"arn:{PARTITION}:iam::{account}:root"


def assumed_role(account: str, role: str, session: str) -> str:
    """Name a role session; the role's path is not part of it."""
    return f"arn:{PARTITION}:sts::{account}:assumed-role/{role}/{session}"
