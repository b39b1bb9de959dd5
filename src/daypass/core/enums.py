"""Enumerations whose members cost no more to name than any attribute of a class.

Until Python 3.12 each look-up of a member by its name in the code, such as `Layer.TRUST`, runs a
function of `enum`, which takes a quarter of a microsecond; a request makes dozens of them.
"""

import enum
from typing import TypeVar

E = TypeVar("E", bound=type[enum.Enum])


def with_plain_members(enumeration: E) -> E:
    """Return an enumeration with its members as plain attributes of the class, as 3.12 has them."""
    for name, member in enumeration.__members__.items():
        type.__setattr__(enumeration, name, member)
    return enumeration
