"""Set condition keys of a request context, whose names ignore case."""

from typing import Any


def set_condition_key(context: dict[str, Any], key: str, value: Any) -> None:
    """Set a condition key, replacing the same key in other upper or lower case."""
    for spelling in [each for each in context if each.lower() == key.lower()]:
        del context[spelling]
    context[key] = value
