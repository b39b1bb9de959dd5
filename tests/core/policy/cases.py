"""Cases of the policy rules, which are data: loaded here, run by the tests, listed by `make rules`.

`cases/rules.json` names every rule. A case of a decision has the caller (`who`, a name of
`callers.json`, default `user`), the `action` (default s3:GetObject), the resource (`on`, default a
bucket), its `owner`, the `context`, and the policies by kind. A document is a statement, a list of
statements, `{"document": …}` or `{"text": …}`; `boundary` and `resource` are one document,
`identity`, `session`, `scope-down` and `vpce` are lists of them, `scp` and `rcp` lists of levels.
"""

import json
from pathlib import Path

HERE = Path(__file__).parent / "cases"
A = "111122223333"


def load(name):
    return json.loads((HERE / f"{name}.json").read_text())


RULES = load("rules")
CALLERS = load("callers")
DECISIONS = {
    name: load(name)
    for name in (
        "documents",
        "actions",
        "resources",
        "principals",
        "variables",
        "conditions",
        "decisions",
        "interplay",
        "trust",
        "scope_downs",
    )
}
OPERATORS = load("operators")
"""Rules, an operator, policy values, a request's value, and whether it holds in an Allow.

The request's value is null if the key is absent.
"""
UNREADABLE = load("unreadable")
"""The same, and whether it holds in a Deny."""
WORDS = load("words")
"""Decisions, with the reason in the message of the refusal."""
REFUSALS = load("refusals")
"""Documents by kind, with AWS's message; null if the document is accepted."""
STORED = load("stored")
"""Principals as they are written, stored and displayed."""
SIZES = load("sizes")
"""Rules, a kind, its maximal length, whether white space counts, and the message beyond it."""
CALLS = load("calls")
"""The plan of AssumeRole: a request, what is inherited, the role, and what follows."""
REACH = load("reach")
"""Rules, a kind of credential, a service, an operation, and why it may not be called.

The reason is empty if the operation may be called.
"""
PARAMETERS = load("parameters")
"""Rules, a service, an operation, a parameter, and which values it accepts.

Those are: the character it is filled with, the least and the greatest length, and values that are
refused.
"""
COUNTS = load("counts")
"""Rules, a kind of thing that is limited in number, the limit, and the message beyond it."""
CONTEXT = load("context")
"""Rules, a caller, a condition key, and its value, null if it is absent."""


def document(given):
    if isinstance(given, dict) and "text" in given:
        return given["text"]
    if isinstance(given, dict) and "document" in given:
        return given["document"]
    return {"Version": "2012-10-17", "Statement": given}


def question(case):
    """Return a case as a question in the versioned format."""
    policies = {
        kind: [document(each) for each in case[kind]]
        for kind in ("identity", "session", "scope-down", "vpce")
        if kind in case
    }
    if "boundary" in case:
        policies["boundary"] = [document(case["boundary"])]
    if "resource" in case:
        policies["resource"] = document(case["resource"])
    for kind in ("scp", "rcp"):
        if kind in case:
            policies[kind] = [[document(each) for each in level] for level in case[kind]]
    return {
        "v": 1,
        "request": {
            "principal": CALLERS[case.get("who", "user")],
            "action": case.get("action", "s3:GetObject"),
            "resource": case.get("on", "arn:aws:s3:::b"),
            "resource_account": case.get("owner", A),
            "context": case.get("context", {}),
        },
        "policies": policies,
    }


def by_rule():
    """Return every rule with the cases that show it."""
    found = {rule: [] for rule in RULES}
    for name, cases in DECISIONS.items():
        for case in cases:
            for rule in case["rule"]:
                found.setdefault(rule, []).append(f"{name}: {case['case']}")
    for rules, operator, values, value, holds in OPERATORS:
        for rule in rules:
            found.setdefault(rule, []).append(
                f"operators: {operator} {json.dumps(values, ensure_ascii=False)}"
                f" on {json.dumps(value, ensure_ascii=False)} is {str(holds).lower()}"
            )
    for rules, operator, values, value, allow, deny in UNREADABLE:
        for rule in rules:
            found.setdefault(rule, []).append(
                f"unreadable: {operator} {json.dumps(values)} on {json.dumps(value)}"
                f" is {str(allow).lower()} in an Allow, {str(deny).lower()} in a Deny"
            )
    for name, cases in (
        ("words", WORDS),
        ("refusals", REFUSALS),
        ("stored", STORED),
        ("calls", CALLS),
    ):
        for case in cases:
            for rule in case["rule"]:
                found.setdefault(rule, []).append(f"{name}: {case['case']}")
    for rules, kind, most, _, words in SIZES:
        for rule in rules:
            found.setdefault(rule, []).append(f"sizes: {kind}, {most}: {words}")
    for rules, who, service, operation, reason in REACH:
        for rule in rules:
            found.setdefault(rule, []).append(
                f"reach: {service}:{operation} by {who}: {reason or 'may'}"
            )
    for rules, service, operation, path, _, least, most, _ in PARAMETERS:
        for rule in rules:
            found.setdefault(rule, []).append(
                f"parameters: {path} of {service}:{operation}, {least} to {most or 'any'}"
            )
    for rules, what, most, words in COUNTS:
        for rule in rules:
            found.setdefault(rule, []).append(f"counts: {most} {what}, then: {words}")
    for rules, who, key, value in CONTEXT:
        for rule in rules:
            said = "is absent" if value is None else f"is {value}"
            found.setdefault(rule, []).append(f"context: {key} of {who} {said}")
    return found


def main():
    for rule, cases in by_rule().items():
        print(f"{rule}  {RULES.get(rule, '?')}")
        for case in cases:
            print(f"    {case}")
    print(f"{len(RULES)} rules, {sum(map(len, by_rule().values()))} cases")


if __name__ == "__main__":
    main()
