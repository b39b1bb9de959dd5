"""Tag policies, where they are enforced: how a key is spelled, and which values it may have.

Source: Organizations user guide, "Tag policy syntax and examples" and "Enforcing tagging consistency".
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from daypass.core.domain.record import Tag
from daypass.core.policy.match import wildcards

EVERY_TYPE = ("*", "ALL_SUPPORTED")


def violations(policy: Mapping[str, Any], kind: str, tags: Iterable[Tag]) -> Iterator[str]:
    """Give what an account's effective tag policy has against tags on a resource of a kind, such as `iam:role`."""
    known = {name.lower(): rule for name, rule in policy.get("tags", {}).items()}
    for tag in tags:
        rule = known.get(tag.key.lower())
        if rule is None or not _is_enforced(rule, kind):
            continue
        spelled = rule.get("tag_key", tag.key)
        if tag.key != spelled:
            yield f"The tag policy wants the tag key `{spelled}` to be spelled so."
        values = rule.get("tag_value")
        if values is not None and not any(wildcards(str(each))(tag.value) for each in values):
            yield f"The tag policy does not allow the specified value for the following tag key: `{spelled}`."


def _is_enforced(rule: Mapping[str, Any], kind: str) -> bool:
    service = kind.partition(":")[0]
    covering = {kind, *(f"{service}:{every}" for every in EVERY_TYPE)}
    return not covering.isdisjoint(rule.get("enforced_for", ()))
