"""Enumerations whose members cost no more to name than any attribute of a class.

Until Python 3.12 each look-up of a member by its name in the code, such as `Layer.TRUST`, runs a
function of `enum`, which takes a quarter of a microsecond; a request makes dozens of them.
"""

import enum
from typing import TypeVar

E = TypeVar("E", bound=type[enum.Enum])


def with_plain_members(enumeration: E) -> E:
    """Return an enumeration with its members as plain attributes of the class, as 3.12 has them.

    They are hashed as other objects are.
    """
    for name, member in enumeration.__members__.items():
        type.__setattr__(enumeration, name, member)
    if enumeration.__hash__ is enum.Enum.__hash__:
        # Members are equal only to themselves; the hash of `enum` is a function in Python.
        type.__setattr__(enumeration, "__hash__", object.__hash__)
    return enumeration
