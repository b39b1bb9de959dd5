"""Tags: convert between the AWS API's list of `Key` and `Value` and a mapping."""

from collections.abc import Iterable, Mapping


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags in the AWS API's form: a list of `Key` and `Value`."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_mapping(listed: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return tags of an AWS API response as a mapping from key to value."""
    return {each["Key"]: each["Value"] for each in listed}
