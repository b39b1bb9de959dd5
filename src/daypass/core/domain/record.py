"""The base classes of records, whose class variables declare how records are stored and found.

Tables, indices, look-ups by ARN, expiry and storage all follow from these class variables
(`state.snapshot.kinds`). They are class variables rather than arguments of the class statement
because msgspec's structs take none.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from daypass.core.domain.arn_form import ArnForm
from daypass.core.domain.partition import Partition

HIDDEN = "…"
"""The text that `repr` shows in place of a secret."""


# Without `gc`: a record is made of texts, numbers and tuples of such, so it is in no cycle, and a
# collection need not look at a hundred thousand of them.
class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A record, stored under `(account, kind, key)`; `account` is its partition's name.

    The partition is mostly an account. A class whose records are stored declares `kind` and
    `partitions`, and those of the other class variables that apply.
    """

    kind: ClassVar[str]
    """The name of the class in the database; it never changes."""
    partitions: ClassVar[tuple[Partition, ...]] = ()
    """The kinds of partitions in which such records are stored."""
    unique: ClassVar[str] = ""
    """The field with the unique id by which records are indexed, such as `unique_id`; empty: no
    index."""
    grouped_by: ClassVar[tuple[str, ...]] = ()
    """The fields by whose values records are found too, such as `owner`; few records have one
    value."""
    shared: ClassVar[tuple[str, ...]] = ()
    """The fields whose texts other fields have too: loading keeps one text for all of them."""
    arn_form: ClassVar[ArnForm | None] = None
    """The form of the ARNs by which records are found; such a class has a property `arn`. None:
    no look-up by ARN."""
    expiry: ClassVar[str] = ""
    """The field with the time in epoch seconds at which a record is deleted, 0 for never; empty:
    no expiry."""
    secrets: ClassVar[frozenset[str]] = frozenset()
    """The fields that `repr` hides; encrypted secrets are among them, because they do not belong
    in a log either."""
    account: str

    @property
    def key(self) -> str:
        """Return the text that identifies the record among those of its kind in its partition."""
        raise TypeError(f"{type(self).__name__} has no key of its own")

    def precompile(self) -> None:
        """Compile the record's policies into the cache, so that no request waits for that.

        By default, none.
        """

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [
            (name, HIDDEN if name in self.secrets else getattr(self, name))
            for name in self.__struct_fields__
        ]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({fields})"


class Tag(msgspec.Struct, frozen=True, array_like=True):
    """A tag on a resource; keys are unique without regard to case."""

    key: str
    value: str


class NamedRecord(Record, frozen=True, kw_only=True):
    """A record whose key is its friendly name, unique in its partition without regard to case."""

    name: str

    @property
    def key(self) -> str:
        """Return the name in lower case."""
        return fold_name(self.name)


fold_name: Callable[[str], str] = str.lower
"""Returns a name in lower case, for comparing without regard to case; names are ASCII."""
