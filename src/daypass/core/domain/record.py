"""What every record has: a partition, a kind and a key that is unique there, and what its class declares about all of that.

A class of records is declared here alone: tables, indices, look-ups by ARN, expiry and storage follow from its class variables
(`state.snapshot.kinds`). They are class variables and no arguments of the class statement, because msgspec's structs take none.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from daypass.core.domain.arn_form import ArnForm
from daypass.core.domain.partition import Partition

HIDDEN = "…"
"""What `repr` shows in place of a secret."""


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fact, kept under `(account, kind, key)`; `account` is the name of its partition, which mostly is an account.

    A class that is kept declares `kind` and `partitions`, and what else of these holds for it. It is kept by key, or, if it is
    `NamedRecord`, by name.
    """

    kind: ClassVar[str]
    """What the store calls records of this class; it never changes."""
    partitions: ClassVar[tuple[Partition, ...]] = ()
    """The kinds of partitions in which such records are kept."""
    unique: ClassVar[str] = ""
    """The field that holds an id by which a record is found whatever its name is; empty without one."""
    arn_form: ClassVar[ArnForm | None] = None
    """How the ARN looks by which a record is found; such a class has a property `arn`. None: no look-up by ARN."""
    expiry: ClassVar[str] = ""
    """The field that says in epoch seconds when a record is removed, 0 for never; empty: none expires."""
    secrets: ClassVar[frozenset[str]] = frozenset()
    """The fields that `repr` hides. A sealed secret is one too: a log is no place for it."""
    account: str

    @property
    def key(self) -> str:
        """Return what identifies the record among its kind in its partition."""
        raise TypeError(f"{type(self).__name__} has no key of its own")

    def learn(self) -> None:
        """Compile every document of the record, so that no request waits for it; what was compiled is kept by its text."""

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [
            (name, HIDDEN if name in self.secrets else getattr(self, name))
            for name in self.__struct_fields__
        ]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"


class Tag(msgspec.Struct, frozen=True, array_like=True):
    """A label on an entity; keys are unique without regard to case."""

    key: str
    value: str


class NamedRecord(Record, frozen=True, kw_only=True):
    """A record with a friendly name that is unique in its partition without regard to case."""

    name: str

    @property
    def key(self) -> str:
        """Return the folded name."""
        return fold_name(self.name)


fold_name: Callable[[str], str] = str.lower
"""Returns the form under which names that differ only in case are the same; names are ASCII."""
