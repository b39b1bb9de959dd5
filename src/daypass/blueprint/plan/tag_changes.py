"""Compare wanted with existing tags."""

from collections.abc import Mapping


def tag_changes(
    wanted: Mapping[str, str], now: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the tags to set, and the existing keys that are not wanted."""
    put = {key: value for key, value in wanted.items() if now.get(key) != value}
    return put, tuple(sorted(set(now) - set(wanted)))
