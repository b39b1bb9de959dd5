"""Tag policies: checking their documents, and the tags that an effective tag policy forbids.

Source: Organizations user guide, "Tag policy syntax and examples" and "Enforcing tagging
consistency".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from daypass.core.faults import Malformed
from daypass.core.organizations.policies.inheritance import ManagementPolicy, PolicySetting
from daypass.core.policy.language.patterns import compile_wildcards

if TYPE_CHECKING:  # records load msgspec, and whoever lints a document needs none
    from collections.abc import Iterable, Iterator, Mapping

    from daypass.core.domain.record import Tag

EVERY_TYPE = ("*", "ALL_SUPPORTED")
_LIST_SETTINGS = frozenset({"tag_value", "enforced_for", "report_required_tag_for"})
_SETTING_DEPTH = 3  # `tags`, the tag key, and its setting, such as `tag_value`


def check_tag_policy(document: ManagementPolicy) -> None:
    """Raise `Malformed` for a setting that a tag policy cannot have."""
    for setting in document.settings:
        if not _is_tag_setting(setting):
            raise Malformed(
                f"a setting that a tag policy cannot have at `{'.'.join(setting.path)}`",
                path=".".join(setting.path),
            )


def _is_tag_setting(setting: PolicySetting) -> bool:
    path, edited = setting.path, (*setting.append, *setting.remove)
    if path[:1] not in {(), ("tags",)} or len(path) > _SETTING_DEPTH:
        return False
    if len(path) < _SETTING_DEPTH:
        return setting.assign is None and not edited
    if path[-1] == "tag_key":
        return isinstance(setting.assign, str | None) and not edited
    assigned = () if setting.assign is None else setting.assign
    return (
        path[-1] in _LIST_SETTINGS
        and isinstance(assigned, tuple)
        and all(isinstance(each, str) for each in (*assigned, *edited))
    )


def tag_violations(policy: Mapping[str, Any], kind: str, tags: Iterable[Tag]) -> Iterator[str]:
    """Yield a message for each tag that an account's effective tag policy forbids.

    `kind` is the kind of the tagged resource, such as `iam:role`; a rule that is not enforced for
    it forbids no tag.
    """
    tag_rules = policy.get("tags")
    rules = (
        {name.lower(): rule for name, rule in tag_rules.items()}
        if isinstance(tag_rules, dict)
        else {}
    )
    for tag in tags:
        rule = rules.get(tag.key.lower())
        # A rule of another shape is ignored; `check_tag_policy` admits none.
        if not isinstance(rule, dict) or not _is_enforced(rule, kind):
            continue
        spelling = rule.get("tag_key", tag.key)
        if tag.key != spelling:
            yield f"The tag policy requires the spelling `{spelling}` of this tag key."
        values = rule.get("tag_value")
        if isinstance(values, list) and not any(
            compile_wildcards(str(each))(tag.value) for each in values
        ):
            yield (
                "The tag policy does not allow the specified value for the following tag key:"
                f" `{spelling}`."
            )


def _is_enforced(rule: Mapping[str, Any], kind: str) -> bool:
    service = kind.partition(":")[0]
    covering = {kind, *(f"{service}:{every}" for every in EVERY_TYPE)}
    enforced = rule.get("enforced_for")
    return isinstance(enforced, list) and not covering.isdisjoint(enforced)
