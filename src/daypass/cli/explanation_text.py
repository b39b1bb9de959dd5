"""Format an explanation as lines: the decision, the deciding statement, then near misses."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from daypass import policy
from daypass.cli.output import Line, Styled
from daypass.policy.assumed_request import Assumption

NEAR_MISSES_MAX = 5
"""How many statements that almost applied are printed."""
_ORDINALS = ("first", "second", "third")
QUOTED_LINES_MAX = 30
"""How many lines of the deciding statement are quoted."""


def explanation_lines(explanation: policy.Explanation) -> Iterator[Line]:
    """Yield the lines of an explanation, as `output.print_lines` takes them."""
    request, decision = explanation.request, explanation.decision
    word = (
        Styled("ALLOWED", fg="green", bold=True)
        if decision.allowed
        else Styled("DENIED", fg="red", bold=True)
    )
    yield word, f"  {request.action} on {request.resource}"
    yield f"  for {request.principal.arn or 'an anonymous caller'}"
    yield ""
    yield from reason_lines(explanation)


def reason_lines(explanation: policy.Explanation) -> Iterator[Line]:
    """Yield why a request is allowed or denied: what decided, what was close, what is missing."""
    decision = explanation.decision
    reasons = policy.because(explanation)
    yield from _decision_lines(explanation, reasons)
    close = [each for each in reasons["statements"] if policy.is_near_miss(each, decision)]
    if close:
        yield ""
        yield "Close:" if decision.allowed else "What might have allowed it:"
        for each in close[:NEAR_MISSES_MAX]:
            yield f"  {statement_location(each)}"
            yield from (f"    {line}" for line in mismatch_lines(each))
        if len(close) > NEAR_MISSES_MAX:
            yield f"  and {len(close) - NEAR_MISSES_MAX} more; --json shows all"
    if reasons["missing_keys"] and not decision.allowed:
        yield ""
        yield f"Condition keys that the request lacks: {', '.join(reasons['missing_keys'])}"
    if "rests_on_absent" in reasons:
        yield ""
        yield from absent_key_lines(reasons["rests_on_absent"])
    for each in reasons.get("skipped", ()):
        yield ""
        yield f"Not evaluated: {each['layer']}, because {each['why']}."


def absent_key_lines(reliances: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield on which absent condition keys a permission rests, and by which statements."""
    keys = dict.fromkeys(key for each in reliances for key in each["keys"])
    yield f"Allowed because the request has no {' and no '.join(keys)}:"
    for each in reliances[:NEAR_MISSES_MAX]:
        verb = "may deny it" if each["effect"] == "Deny" else "may not allow it"
        yield f"  with {' and '.join(each['keys'])}, {statement_location(each)} {verb}"
    if len(reliances) > NEAR_MISSES_MAX:
        yield f"  and {len(reliances) - NEAR_MISSES_MAX} more; --json shows all"


def assumption_lines(
    assumptions: Sequence[Assumption], changed_by: str, explanation: policy.Explanation
) -> Iterator[str]:
    """Yield what was assumed about a request, a line for each reason; `changed_by` is an option.

    Lines with a condition key that statements about the action refer to begin with `>`.
    """
    asked = policy.asked_families(explanation)
    by_reason: dict[str, list[str]] = {}
    asked_reasons = set()
    for each in assumptions:
        text = f"no {each.key}" if each.value is None else f"{each.key} = {each.value}"
        by_reason.setdefault(each.why, []).append(text)
        if each.key.lower() in asked:
            asked_reasons.add(each.why)
    if by_reason:
        yield ""
        marked = "; these policies ask for what > marks" if asked_reasons else ""
        yield f"Assumed, unless {changed_by} says otherwise{marked}:"
    for why, texts in by_reason.items():
        yield f"{'>' if why in asked_reasons else ' '} {', '.join(texts)}  ({why})"


def _decision_lines(explanation: policy.Explanation, reasons: Mapping[str, Any]) -> Iterator[Line]:
    decision = explanation.decision
    others = [layer for layer in explanation.refused_by if layer is not decision.layer]
    if decision.rule is not None:
        verb = "allows" if decision.allowed else "denies"
        yield f"The {decision.layer} {verb} it: {statement_location(reasons)}"
        yield from _quoted_statement(decision.rule)
        yield from _unreadable_condition_lines(decision.rule)
    elif decision.layer is policy.Layer.ROOT:
        yield "The account's root user needs no policy of its own."
    elif decision.layer is policy.Layer.EXEMPTION:
        yield "No policy can take this action away from an authenticated caller."
    elif decision.layer is policy.Layer.UNREADABLE:
        yield "A policy cannot be read, which denies every request."
    else:
        yield f"No {decision.layer} allows it."
    if others:
        verb = (
            "deny"
            if decision.outcome is policy.DecisionOutcome.EXPLICITLY_DENIED
            else "do not allow"
        )
        yield f"Besides, these {verb} it too: {', '.join(others)}."
    yield from requirement_lines(reasons)


def requirement_lines(reasons: Mapping[str, Any]) -> Iterator[str]:
    """Yield what NotPrincipal, each level of SCPs and both accounts require, and who lacks it."""
    if "not_principal_lacks" in reasons:
        lacking = " and ".join(reasons["not_principal_lacks"])
        yield (
            f"NotPrincipal exempts a caller only if it lists all of its names; it lacks {lacking}."
            if lacking
            else "NotPrincipal in a Deny exempts no caller that has a permissions boundary."
        )
    yield from map(_silent_level_line, reasons.get("silent_levels", ()))
    sides = [
        f"{each['account']}, the {each['side']}'s, {'does' if each['allows'] else 'does not'}"
        for each in reasons.get("sides", ())
    ]
    if sides:
        yield f"Both accounts must allow it: {'; '.join(sides)}."


def _silent_level_line(each: Mapping[str, Any]) -> str:
    """Return which level of SCPs, or which scope-down policy, does not allow a request."""
    names = " or ".join(each["policies"])
    if each.get("layer") == policy.Layer.SCOPE_DOWN:
        which = _ORDINALS[each["level"]]
        return f"Each scope-down policy must allow it; the {which} does not: {names}."
    which = "the root" if each["level"] == 0 else f"level {each['level']} below the root"
    what = f"no statement of {names} allows it" if names else "no policy is attached"
    return f"Each level of SCPs must allow it; at {which}, {what}."


def _unreadable_condition_lines(rule: policy.Rule) -> Iterator[str]:
    """Yield a line for each condition of a Deny that holds because a value in it cannot be read."""
    if rule.statement.is_allow:
        return
    for each in rule.statement.syntax.conditions:
        lost = policy.unreadable_values(each, variables=rule.statement.has_variables)
        if lost:
            yield (
                f"{each.operator} {each.key} cannot read {_values_text([*lost])};"
                " an unreadable value does not stop a Deny."
            )


def statement_location(each: Mapping[str, Any]) -> str:
    """Return a statement's location as text: policy, number, Sid and lines, as far as known."""
    name = each.get("arn") or each["policy"]
    sid = f" ({each['sid']})" if "sid" in each else ""
    lines = f", lines {each['lines'][0]}-{each['lines'][1]}" if "lines" in each else ""
    return f"{name}, statement {each['statement'] + 1}{sid}{lines}"


def _quoted_statement(rule: policy.Rule) -> Iterator[Line]:
    """Yield a statement's numbered lines from its document, with one line before and after."""
    text, position = rule.policy.document.text, policy.statement_position(rule)
    if position is None:
        return
    first = position[0].line
    last = min(position[1].line, position[0].line + QUOTED_LINES_MAX)
    lines = text.split("\n")
    yield ""
    for number in range(max(1, first - 1), min(len(lines), last + 1) + 1):
        is_marked = first <= number <= last
        line = f"{'>' if is_marked else ' '} {number:4} | {lines[number - 1]}"
        yield Styled(line, bold=True) if is_marked else Styled(line, dim=True)


def mismatch_lines(each: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each element or condition that did not match: wanted and found values."""
    element = each["stopped_by"]
    if element == "Condition":
        for condition in each["conditions"]:
            if condition["holds"]:
                continue
            found = (
                "the request has no such key"
                if condition["found"] is None
                else f"found {_values_text(condition['found'])}"
            )
            wanted = _values_text(condition["wanted"])
            yield f"{condition['operator']} {condition['key']}: wanted {wanted}; {found}"
        return
    for name, wanted in each["wanted"].items():
        is_negated = name.startswith("Not")
        values = f"anything but {_values_text(wanted)}" if is_negated else _values_text(wanted)
        yield f"{name}: wanted {values}; found {_values_text(each['found'])}"


def _values_text(found: Any) -> str:
    """Return a value or a list of values; one that would not be seen is in quotation marks."""
    if isinstance(found, list):
        return " or ".join(map(_value_text, found)) if found else "an empty list"
    return _value_text(found)


def _value_text(value: Any) -> str:
    text = str(value)
    return text if text and text == text.strip() else json.dumps(text, ensure_ascii=False)
