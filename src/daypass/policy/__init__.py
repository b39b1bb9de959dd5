"""Decide with AWS's policies in your own program: no server, no network, no clock.

    from daypass import policy

    question = policy.question_from_data({
        "v": 1,
        "request": {
            "principal": {
                "kind": "user",
                "arn": "arn:aws:iam::111122223333:user/alice",
                "account": "111122223333",
            },
            "action": "s3:GetObject",
            "resource": "arn:aws:s3:::reports/alice/may.csv",
            "resource_account": "111122223333",
            "context": {"aws:username": "alice"},
        },
        "policies": {"identity": [document]},
    })
    policy.decide(question).allowed              # True or False, in microseconds
    policy.because(policy.explain(question))     # every statement, and what stopped it, as data

The context is complete: the engine adds no condition key of its own. A question that is not in the
versioned format, or a document that cannot be read, raises `Malformed`, whose `path` says where.
Whatever the engine does not understand never allows.

In: the engine of `core.policy` under stable names, AWS's actions and condition keys for lints
(`reference`), lints of every kind of document (`linting`), the condition keys of a request that
nobody has sent (`assumed_request`), actions that do not exist (`action_names`).
Out: which policies apply to a call of a server (`services.kit`), the commands (`cli.policy`).
Start reading at `decide`.
"""

from daypass.core.faults import Malformed
from daypass.core.policy.checks.lint import LintFinding
from daypass.core.policy.checks.lints.codes import CODES, ERROR, INVALID, WARNING
from daypass.core.policy.checks.validate import DocumentKind
from daypass.core.policy.decision import decide as _decide
from daypass.core.policy.decision.model import (
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
    principal_from_data,
    question_from_data,
    with_policy_names,
)
from daypass.core.policy.explanation.trace import (
    asked_families,
    because,
    is_near_miss,
    rests_on_absent,
)
from daypass.core.policy.language import positions
from daypass.core.policy.language.conditions import unreadable_values
from daypass.core.policy.language.parse import InvalidJson
from daypass.core.policy.language.positions import TextPosition
from daypass.core.policy.language.principal import Principal, PrincipalKind
from daypass.policy.linting import first_violation, lint

__all__ = [
    "CODES",
    "ERROR",
    "INVALID",
    "WARNING",
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
    "asked_families",
    "because",
    "decide",
    "explain",
    "first_violation",
    "is_near_miss",
    "lint",
    "parse_question",
    "principal_from_data",
    "question_from_data",
    "refusal_message",
    "refusal_reason",
    "rests_on_absent",
    "statement_position",
    "unreadable_values",
    "with_policy_names",
]


def decide(question: QuestionFile) -> Decision:
    """Return the decision on a question: its outcome, and what decided."""
    return _decide.decide(question.request, question.policies)


def explain(question: QuestionFile) -> Explanation:
    """Return the same decision, with every statement and the element that stopped it."""
    return _explain.explain(question.request, question.policies)


def answer(question: QuestionFile, *, explained: bool = False) -> dict[str, object]:
    """Return the answer as JSON data: `v`, `id`, `decision`; with `explained` also `because`."""
    answered: dict[str, object] = {"v": question_files.FORMAT_VERSION, "id": question.id}
    if not explained:
        return answered | {"decision": decide(question).outcome.value}
    explanation = explain(question)
    return answered | {
        "decision": explanation.decision.outcome.value,
        "because": because(explanation),
    }


def statement_position(rule: Rule) -> tuple[TextPosition, TextPosition] | None:
    """Return where a rule's statement starts and ends in its document; None without a text."""
    text = rule.policy.document.text
    return positions.statement_position(text, rule.statement.index) if text else None
