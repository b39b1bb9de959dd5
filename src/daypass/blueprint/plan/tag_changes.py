"""What differs between the tags that are wanted and those that are there."""

from collections.abc import Mapping


def tag_changes(
    wanted: Mapping[str, str], now: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the tags to put and the keys that are there beyond what is wanted."""
    put = {key: value for key, value in wanted.items() if now.get(key) != value}
    return put, tuple(sorted(set(now) - set(wanted)))
