"""Amazon Resource Names: `arn:partition:service:region:account:resource`, read and made.

`Arn` reads strictly. `arn_parts` only splits, for those who judge the parts themselves; `resource_kind`
and `resource_name` are for texts that are known to be ARNs.
"""

from typing import NamedTuple, Self

from daypass.core.faults import Invalid

PARTITION = "aws"
PARTS = 6


class Arn(NamedTuple):
    """The six parts of a name but `arn`; `resource` keeps its own colons and slashes."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Split a name at its first five colons.

        None unless partition, service and resource are there.
        """
        parts = text.split(":", PARTS - 1)
        if len(parts) != PARTS or parts[0] != "arn" or not all((parts[1], parts[2], parts[5])):
            return None
        return cls(*parts[1:])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name as `read` does; raises `Invalid` with AWS's `X is invalid`."""
        found = cls.read(text)
        if found is None:
            raise Invalid(f"{text} is invalid")
        return found

    @property
    def kind(self) -> str:
        """Return the resource up to its first slash: `user` of `user/team/alice`."""
        return self.resource.partition("/")[0]

    @property
    def name(self) -> str:
        """Return the resource behind its last slash: `alice` of `user/team/alice`."""
        return self.resource.rpartition("/")[2]

    @property
    def path(self) -> str:
        """Return the path between kind and name: `/team/` of `user/team/alice`, or `/`."""
        return f"/{self.resource.partition('/')[2]}".removesuffix(self.name)


def arn_parts(text: str) -> list[str] | None:
    """Split a text at its first five colons, `arn` included; None for fewer.

    Parts may be empty or anything else.
    """
    parts = text.split(":", PARTS - 1)
    return parts if len(parts) == PARTS else None


def resource_kind(arn: str) -> str:
    """Return the kind of resource in an ARN, such as `instance`."""
    return arn.split(":", PARTS - 1)[-1].partition("/")[0]


def resource_name(arn: str) -> str:
    """Return what an ARN ends with: a name without its path, an id, `root` for root."""
    return arn.rpartition(":")[2].rpartition("/")[2]


def iam(account: str, kind: str, path: str, name: str) -> str:
    """Name an IAM resource, such as `arn:aws:iam::111122223333:user/team/alice`; `path` begins and ends with `/`."""
    return f"arn:{PARTITION}:iam::{account}:{kind}{path}{name}"


def root(account: str) -> str:
    """Name an account's root user."""
    return f"arn:{PARTITION}:iam::{account}:root"


def assumed_role(account: str, role: str, session: str) -> str:
    """Name a role session; the role's path is not part of it."""
    return f"arn:{PARTITION}:sts::{account}:assumed-role/{role}/{session}"


def bucket(name: str) -> str:
    """Name a bucket; neither region nor account is part of it."""
    return f"arn:{PARTITION}:s3:::{name}"
