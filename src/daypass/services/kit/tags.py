"""Tags in requests and answers: a list of `Key` and `Value`, the same for every service.

Not here: which tags a resource may have (`core.domain.tagging`), and their condition keys
(`context_keys`).
"""

from collections.abc import Mapping
from typing import Any

from daypass.core.domain.record import Tag


def passed_tags(req: Mapping[str, Any]) -> tuple[Tag, ...]:
    """Return the tags of the parameter `Tags`, unchecked; empty without the parameter."""
    passed = req.get("Tags", ())
    return tuple([Tag(tag["Key"], tag["Value"]) for tag in passed]) if passed else ()


def tag_list(tags: tuple[Tag, ...]) -> list[dict[str, str]]:
    """Return tags as a list of `Key` and `Value`."""
    return [{"Key": tag.key, "Value": tag.value} for tag in tags]


def tags_member(tags: tuple[Tag, ...]) -> dict[str, list[dict[str, str]]]:
    """Return an answer's member `Tags`; empty without tags, so that the member is left out."""
    return {"Tags": tag_list(tags)} if tags else {}
