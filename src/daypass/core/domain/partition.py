"""Kinds of partitions: what changes together and is read together, and how its name tells of which kind it is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """A kind of partition; a record class names those in which its records are kept.

    A prefix ends with its first dash, so that a name belongs to one kind whatever follows.
    """

    name: str
    prefix: str = ""
    """How the names of these partitions begin."""
    only: str = ""
    """The name of the one partition of this kind; empty where there are many."""

    @property
    def beginning(self) -> str:
        """Return what every name of this kind begins with."""
        return self.only or self.prefix


GLOBAL = "global"
"""The partition of what has one namespace over all accounts, such as bucket names."""

AWS = "aws"
"""The partition of the policies that AWS manages: `arn:aws:iam::aws:policy/…`."""

ACCOUNT = Partition("account")
"""An account, named by its twelve digits; a name that no other kind claims is an account's."""
ORGANIZATION = Partition("organization", prefix="o-")
OWNED_BY_AWS = Partition("AWS", only=AWS)
SHARED = Partition("shared", only=GLOBAL)
"""What all accounts share."""
