"""What every record has: an account, a kind and a key that is unique among them."""

from typing import ClassVar

import msgspec

GLOBAL = "global"
"""The account of what has one namespace over all accounts, such as bucket names."""

AWS = "aws"
"""The account of the policies that AWS manages: `arn:aws:iam::aws:policy/…`."""


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fact of an account, kept under `(account, kind, key)`."""

    kind: ClassVar[str]
    account: str

    @property
    def key(self) -> str:
        """Return what identifies the record among its kind in its account."""
        raise TypeError(f"{type(self).__name__} has no key of its own")


class Tag(msgspec.Struct, frozen=True, array_like=True):
    """A label on an entity; keys are unique without regard to case."""

    key: str
    value: str


class Named(Record, frozen=True, kw_only=True):
    """A record with a friendly name that is unique in its account without regard to case."""

    name: str

    @property
    def key(self) -> str:
        """Return the folded name."""
        return fold(self.name)


def fold(name: str) -> str:
    """Return the form under which names that differ only in case are the same; names are ASCII."""
    return name.lower()
