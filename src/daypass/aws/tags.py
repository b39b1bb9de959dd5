"""Tags, as AWS's API lists them and as a mapping."""

from collections.abc import Iterable, Mapping


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as a request takes them: a list of `Key` and `Value`."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_mapping(listed: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the tags of an answer as a mapping from key to value."""
    return {each["Key"]: each["Value"] for each in listed}
