"""Amazon Resource Names, `arn:partition:service:region:account:resource`: parsing and making them.

`Arn` parses strictly. `arn_parts` only splits a text, for callers that check the parts themselves;
`resource_kind` and `resource_name` take a text that is known to be an ARN. The other functions
return the ARN of one kind of resource.
"""

from typing import NamedTuple, Self

from daypass.core.faults import Invalid

PARTITION = "aws"
PARTS = 6


class Arn(NamedTuple):
    """A parsed ARN: its five parts after `arn`; `resource` keeps its own colons and slashes."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse_or_none(cls, text: str) -> Self | None:
        """Return the parsed ARN, split at the first five colons; None for a text that is no ARN.

        Partition, service and resource must not be empty; region and account may be.
        """
        parts = text.split(":", PARTS - 1)
        if len(parts) != PARTS or parts[0] != "arn" or not all((parts[1], parts[2], parts[5])):
            return None
        return cls(*parts[1:])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the parsed ARN.

        Raises `Invalid` with AWS's `X is invalid` for a text that is no ARN.
        """
        arn = cls.parse_or_none(text)
        if arn is None:
            raise Invalid(f"{text} is invalid")
        return arn

    def __str__(self) -> str:
        """Return the ARN as text, as it was parsed."""
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"

    @property
    def kind(self) -> str:
        """Return the kind of resource, up to the first slash: `user` of `user/team/alice`."""
        return self.resource.partition("/")[0]

    @property
    def name(self) -> str:
        """Return the resource's name, after the last slash: `alice` of `user/team/alice`."""
        return self.resource.rpartition("/")[2]

    @property
    def path(self) -> str:
        """Return the path between kind and name: `/team/` of `user/team/alice`, or `/`."""
        return f"/{self.resource.partition('/')[2]}".removesuffix(self.name)


def arn_parts(text: str) -> list[str] | None:
    """Return a text split at its first five colons, `arn` included; None for fewer than six parts.

    The parts are not checked: each may be empty or any text.
    """
    parts = text.split(":", PARTS - 1)
    return parts if len(parts) == PARTS else None


def resource_kind(arn: str) -> str:
    """Return the kind of resource that an ARN names: `instance` of `…:instance/i-0abc`."""
    return arn.split(":", PARTS - 1)[-1].partition("/")[0]


def resource_name(arn: str) -> str:
    """Return the last part of an ARN: a name without its path, an id, or `root`."""
    return arn.rpartition(":")[2].rpartition("/")[2]


def iam(account: str, kind: str, path: str, name: str) -> str:
    """Return the ARN of an IAM resource, such as `arn:aws:iam::111122223333:user/team/alice`.

    `path` begins and ends with `/`.
    """
    return f"arn:{PARTITION}:iam::{account}:{kind}{path}{name}"


def root(account: str) -> str:
    """Return the ARN of an account's root user."""
    return f"arn:{PARTITION}:iam::{account}:root"


def assumed_role(account: str, role: str, session: str) -> str:
    """Return the ARN of a role session; the role's path is not part of it."""
    return f"arn:{PARTITION}:sts::{account}:assumed-role/{role}/{session}"


def bucket(name: str) -> str:
    """Return the ARN of a bucket; neither region nor account is part of it."""
    return f"arn:{PARTITION}:s3:::{name}"
