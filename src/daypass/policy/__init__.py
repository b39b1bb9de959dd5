"""Decide with AWS's policies in your own program: no server, no network, no clock.

    from daypass import policy

    asked = policy.question({
        "v": 1,
        "request": {
            "principal": {"kind": "user", "arn": "arn:aws:iam::111122223333:user/alice", "account": "111122223333"},
            "action": "s3:GetObject",
            "resource": "arn:aws:s3:::reports/alice/may.csv",
            "resource_account": "111122223333",
            "context": {"aws:username": "alice"},
        },
        "policies": {"identity": [document]},
    })
    policy.decide(asked).allowed          # True or False, in microseconds
    policy.because(policy.explain(asked)) # every statement, and what stopped it, as plain data

The context is complete: the engine adds no key of its own. A question that is not in the versioned format, or a document that
cannot be read, raises `Malformed`, whose `path` says where. Nothing that is not understood ever allows.
"""

from daypass.core.faults import Malformed
from daypass.core.policy.checks.lint import Finding, lint
from daypass.core.policy.checks.validate import DocumentKind
from daypass.core.policy.decision import decide as _decide
from daypass.core.policy.decision.decide import Decision, Layer, Outcome, Policies, Request
from daypass.core.policy.decision.policy_sets import Rule
from daypass.core.policy.decision.refusal import reason, refusal
from daypass.core.policy.explanation import explain as _explain
from daypass.core.policy.explanation import question_files
from daypass.core.policy.explanation.explain import Considered, Element, Explanation
from daypass.core.policy.explanation.question_files import Question, question, question_of, renamed
from daypass.core.policy.explanation.trace import because, is_close
from daypass.core.policy.language import positions
from daypass.core.policy.language.conditions import unreadable
from daypass.core.policy.language.parse import InvalidJson
from daypass.core.policy.language.positions import Place
from daypass.core.policy.language.principal import Kind, Principal

__all__ = [
    "Considered",
    "Decision",
    "DocumentKind",
    "Element",
    "Explanation",
    "Finding",
    "InvalidJson",
    "Kind",
    "Layer",
    "Malformed",
    "Outcome",
    "Place",
    "Policies",
    "Principal",
    "Question",
    "Request",
    "Rule",
    "answer",
    "because",
    "decide",
    "explain",
    "is_close",
    "lint",
    "place_of",
    "question",
    "question_of",
    "reason",
    "refusal",
    "renamed",
    "unreadable",
]


def decide(asked: Question) -> Decision:
    """Return the outcome and what decided, as quickly as may be."""
    return _decide.decide(asked.request, asked.policies)


def explain(asked: Question) -> Explanation:
    """Return the same outcome with every statement that was looked at and the element that stopped it."""
    return _explain.explain(asked.request, asked.policies)


def answer(asked: Question, *, explained: bool = False) -> dict[str, object]:
    """Return the answer as JSON has it: `v`, `id`, `decision`, and `because` where it is to be explained."""
    found: dict[str, object] = {"v": question_files.VERSION, "id": asked.id}
    if not explained:
        return found | {"decision": decide(asked).outcome.value}
    explanation = explain(asked)
    return found | {
        "decision": explanation.decision.outcome.value,
        "because": because(explanation),
    }


def place_of(rule: Rule) -> tuple[Place, Place] | None:
    """Return where a statement starts and ends in its document's text; nothing where there is no text."""
    text = rule.source.document.text
    return positions.statement(text, rule.statement.index) if text else None
