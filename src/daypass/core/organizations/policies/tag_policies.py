"""Tag policies, where they are enforced: how a key is spelled, and which values it may have.

Source: Organizations user guide, "Tag policy syntax and examples" and "Enforcing tagging consistency".
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from daypass.core.domain.record import Tag
from daypass.core.faults import Malformed
from daypass.core.organizations.policies.inheritance import ManagementPolicy, PolicySetting
from daypass.core.policy.language.patterns import compile_wildcards

EVERY_TYPE = ("*", "ALL_SUPPORTED")
_LIST_SETTINGS = frozenset({"tag_value", "enforced_for", "report_required_tag_for"})
_SETTING_DEPTH = 3  # `tags`, the tag key, and what is said of it


def check_tag_policy(document: ManagementPolicy) -> None:
    """Raise `Malformed` for what no tag policy says."""
    for setting in document.settings:
        if not _is_tag_setting(setting):
            raise Malformed(
                f"nothing that a tag policy says at `{'.'.join(setting.path)}`",
                path=".".join(setting.path),
            )


def _is_tag_setting(setting: PolicySetting) -> bool:
    path, said = setting.path, (*setting.append, *setting.remove)
    if path[:1] not in {(), ("tags",)} or len(path) > _SETTING_DEPTH:
        return False
    if len(path) < _SETTING_DEPTH:
        return setting.assign is None and not said
    if path[-1] == "tag_key":
        return isinstance(setting.assign, str | None) and not said
    assigned = () if setting.assign is None else setting.assign
    return (
        path[-1] in _LIST_SETTINGS
        and isinstance(assigned, tuple)
        and all(isinstance(each, str) for each in (*assigned, *said))
    )


def tag_violations(policy: Mapping[str, Any], kind: str, tags: Iterable[Tag]) -> Iterator[str]:
    """Give what an account's effective tag policy has against tags on a resource of a kind, such as `iam:role`."""
    said = policy.get("tags")
    known = {name.lower(): rule for name, rule in said.items()} if isinstance(said, dict) else {}
    for tag in tags:
        rule = known.get(tag.key.lower())
        # What nothing can be read from says nothing: `check` lets none of it in.
        if not isinstance(rule, dict) or not _is_enforced(rule, kind):
            continue
        spelled = rule.get("tag_key", tag.key)
        if tag.key != spelled:
            yield f"The tag policy wants the tag key `{spelled}` to be spelled so."
        values = rule.get("tag_value")
        if isinstance(values, list) and not any(
            compile_wildcards(str(each))(tag.value) for each in values
        ):
            yield f"The tag policy does not allow the specified value for the following tag key: `{spelled}`."


def _is_enforced(rule: Mapping[str, Any], kind: str) -> bool:
    service = kind.partition(":")[0]
    covering = {kind, *(f"{service}:{every}" for every in EVERY_TYPE)}
    enforced = rule.get("enforced_for")
    return isinstance(enforced, list) and not covering.isdisjoint(enforced)
