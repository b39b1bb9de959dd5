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
from daypass.core.policy.checks.lint import LintFinding, lint
from daypass.core.policy.checks.validate import DocumentKind
from daypass.core.policy.decision import decide as _decide
from daypass.core.policy.decision.decide import (
    AuthorizationRequest,
    Decision,
    DecisionOutcome,
    EffectivePolicies,
    Layer,
)
from daypass.core.policy.decision.policy_sets import Rule
from daypass.core.policy.decision.refusal_message import refusal_message, refusal_reason
from daypass.core.policy.explanation import explain as _explain
from daypass.core.policy.explanation import question_files
from daypass.core.policy.explanation.explain import (
    Explanation,
    StatementElement,
    StatementEvaluation,
)
from daypass.core.policy.explanation.question_files import (
    QuestionFile,
    parse_question,
    question_from_data,
    with_policy_names,
)
from daypass.core.policy.explanation.trace import because, is_near_miss
from daypass.core.policy.language import positions
from daypass.core.policy.language.conditions import unreadable_values
from daypass.core.policy.language.parse import InvalidJson
from daypass.core.policy.language.positions import TextPosition
from daypass.core.policy.language.principal import Principal, PrincipalKind

__all__ = [
    "AuthorizationRequest",
    "Decision",
    "DecisionOutcome",
    "DocumentKind",
    "EffectivePolicies",
    "Explanation",
    "InvalidJson",
    "Layer",
    "LintFinding",
    "Malformed",
    "Principal",
    "PrincipalKind",
    "QuestionFile",
    "Rule",
    "StatementElement",
    "StatementEvaluation",
    "TextPosition",
    "answer",
    "because",
    "decide",
    "explain",
    "is_near_miss",
    "lint",
    "parse_question",
    "question_from_data",
    "refusal_message",
    "refusal_reason",
    "statement_position",
    "unreadable_values",
    "with_policy_names",
]


def decide(asked: QuestionFile) -> Decision:
    """Return the outcome and what decided, as quickly as may be."""
    return _decide.decide(asked.request, asked.policies)


def explain(asked: QuestionFile) -> Explanation:
    """Return the same outcome with every statement that was looked at and the element that stopped it."""
    return _explain.explain(asked.request, asked.policies)


def answer(asked: QuestionFile, *, explained: bool = False) -> dict[str, object]:
    """Return the answer as JSON has it: `v`, `id`, `decision`, and `because` where it is to be explained."""
    found: dict[str, object] = {"v": question_files.FORMAT_VERSION, "id": asked.id}
    if not explained:
        return found | {"decision": decide(asked).outcome.value}
    explanation = explain(asked)
    return found | {
        "decision": explanation.decision.outcome.value,
        "because": because(explanation),
    }


def statement_position(rule: Rule) -> tuple[TextPosition, TextPosition] | None:
    """Return where a statement starts and ends in its document's text; nothing where there is no text."""
    text = rule.policy.document.text
    return positions.statement_position(text, rule.statement.index) if text else None
