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
from daypass.core.policy import combine, positions, questions
from daypass.core.policy import explain as _explain
from daypass.core.policy.combine import Decision, Layer, Outcome, Policies, Request
from daypass.core.policy.conditions import unreadable
from daypass.core.policy.explain import Considered, Element, Explanation
from daypass.core.policy.lint import Finding, lint
from daypass.core.policy.parse import InvalidJson
from daypass.core.policy.positions import Place
from daypass.core.policy.principal import Kind, Principal
from daypass.core.policy.questions import Question, question, question_of, renamed
from daypass.core.policy.refusal import reason, refusal
from daypass.core.policy.sets import Rule
from daypass.core.policy.trace import because, is_close
from daypass.core.policy.validate import DocumentKind

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
    return combine.decide(asked.request, asked.policies)


def explain(asked: Question) -> Explanation:
    """Return the same outcome with every statement that was looked at and the element that stopped it."""
    return _explain.explain(asked.request, asked.policies)


def answer(asked: Question, *, explained: bool = False) -> dict[str, object]:
    """Return the answer as JSON has it: `v`, `id`, `decision`, and `because` where it is to be explained."""
    found: dict[str, object] = {"v": questions.VERSION, "id": asked.id}
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
