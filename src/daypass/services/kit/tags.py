"""Tags in requests and answers: a list of `Key` and `Value`, whatever the service.

Not here: which tags a thing may have (`core.domain.tagging`), and the condition keys that they
become (`context_keys`).
"""

from collections.abc import Mapping
from typing import Any

from daypass.core.domain.record import Tag


def passed_tags(req: Mapping[str, Any]) -> tuple[Tag, ...]:
    """Return the tags that a request passes in `Tags`, as they stand."""
    return tuple(Tag(tag["Key"], tag["Value"]) for tag in req.get("Tags", ()))


def tag_list(tags: tuple[Tag, ...]) -> list[dict[str, str]]:
    """Return tags as answers list them."""
    return [{"Key": tag.key, "Value": tag.value} for tag in tags]


def tags_member(tags: tuple[Tag, ...]) -> dict[str, list[dict[str, str]]]:
    """Return the member `Tags` of an answer; without tags the member is left out."""
    return {"Tags": tag_list(tags)} if tags else {}
