"""Condition keys of a question, whose names are the same in every spelling."""

from typing import Any


def set_condition_key(context: dict[str, Any], key: str, value: Any) -> None:
    """Set a condition key, in place of the same key in another spelling."""
    for spelling in [each for each in context if each.lower() == key.lower()]:
        del context[spelling]
    context[key] = value
