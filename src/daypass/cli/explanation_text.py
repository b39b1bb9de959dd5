"""Format an explanation as lines: the decision, the deciding statement, then near misses."""

from collections.abc import Iterator, Mapping
from typing import Any

from daypass import policy
from daypass.cli.output import Line, Styled

NEAR_MISSES_MAX = 5
"""How many statements that almost applied are printed."""
QUOTED_LINES_MAX = 30
"""How many lines of the deciding statement are quoted."""


def explanation_lines(explanation: policy.Explanation) -> Iterator[Line]:
    """Yield the lines of an explanation, as `output.print_lines` takes them."""
    request, decision = explanation.request, explanation.decision
    reasons = policy.because(explanation)
    word = (
        Styled("ALLOWED", fg="green", bold=True)
        if decision.allowed
        else Styled("DENIED", fg="red", bold=True)
    )
    yield word, f"  {request.action} on {request.resource}"
    yield f"  for {request.principal.arn or 'an anonymous caller'}"
    yield ""
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
    for each in reasons.get("skipped", ()):
        yield ""
        yield f"Not evaluated: {each['layer']}, because {each['why']}."


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
        yield f"{name}: wanted {_values_text(wanted)}; found {_values_text(each['found'])}"


def _values_text(found: Any) -> str:
    if isinstance(found, list):
        return " or ".join(str(value) for value in found) if found else "nothing"
    return repr(found) if found == "" else str(found)
