"""An operation of S3 as a row with hooks: what differs stands in the row of the one that differs.

A hook fills in what is an operation's own. The steps that all share belong to the code that calls
the hooks, so that no operation can forget one: the action is allowed, a source may be read, a
bucket is somebody's, a change is allowed by the policies at its commit.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from daypass.core.domain.bucket import Bucket
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.permissions import Permission
from daypass.gate.decision.request_facts import ConditionKeys, RequestFacts
from daypass.gate.protocol.documents import XMLElement
from daypass.gate.protocol.reply import Headers, S3Reply
from daypass.gate.request.operation_row import Handling, OperationRow
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.request_context import RequestContext
from daypass.gate.s3_gate import Gate

PermissionsHook = Callable[[ResolvedRequest, RequestFacts, ConditionKeys], Iterable[Permission]]
AnswerHook = Callable[[RequestContext, Authorizer, RequestFacts, S3Reply], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class GuardedHeaders:
    """Headers of an answer that need a right of their own: an action, and the one for a version."""

    action: str
    versioned: str
    names: tuple[str, ...]


def no_further_permissions(
    _request: ResolvedRequest, _facts: RequestFacts, _given: ConditionKeys
) -> tuple[Permission, ...]:
    """Ask for no more than the action."""
    return ()


def no_replacement(_request: ResolvedRequest, _facts: RequestFacts) -> tuple[Permission, ...]:
    """Ask for the action, and for no other in its place."""
    return ()


def no_copied_metadata(_request: ResolvedRequest, _facts: RequestFacts) -> tuple[Permission, ...]:
    """Carry neither tags nor annotations along."""
    return ()


def no_condition_keys(_request: ResolvedRequest, _facts: RequestFacts) -> ConditionKeys:
    """Bring no condition keys but those of every request."""
    return {}


def accept_document(_document: XMLElement) -> None:
    """Take every document that the operation's schema has."""


def accept_request(_asked: RequestContext, _facts: RequestFacts) -> None:
    """Serve whoever was allowed."""


def keep_facts(_asked: RequestContext, facts: RequestFacts) -> RequestFacts:
    """Leave what is known as it is."""
    return facts


async def keep_request_headers(
    _asked: RequestContext, _authorizer: Authorizer, _facts: RequestFacts
) -> Mapping[str, str | None]:
    """Forward the headers as they were sent."""
    return {}


def keep_response_headers(_asked: RequestContext, headers: Headers) -> Headers:
    """Pass the store's headers on."""
    return headers


@dataclass(frozen=True, slots=True)
class Operation(OperationRow):
    """One operation: its row, and what it does by itself."""

    permissions: PermissionsHook = no_further_permissions
    """What it asks for beyond its action; the keys are those that its action is given."""
    permissions_instead: Callable[[ResolvedRequest, RequestFacts], tuple[Permission, ...]] = (
        no_replacement
    )
    """What it asks for in place of its action; empty where its action is asked for."""
    condition_keys: Callable[[ResolvedRequest, RequestFacts], ConditionKeys] = no_condition_keys
    """The keys that it gives its action."""
    guarded_headers: tuple[GuardedHeaders, ...] = ()
    """Headers of its answer that not everybody sees who may ask for it."""
    carried_along: Callable[[ResolvedRequest, RequestFacts], tuple[Permission, ...]] = (
        no_copied_metadata
    )
    """What a copy asks for of what may be left behind: it is asked when the copy is forwarded."""
    check_document: Callable[[XMLElement], None] = accept_document
    """Raises `S3Error` for what its document says and the gate never passes on."""
    check: Callable[[RequestContext, RequestFacts], None] = accept_request
    """Raises `S3Error` for what was allowed and is still not done."""
    new_bucket: Callable[[RequestContext], Bucket] | None = None
    """Returns the record of a bucket that is to be; None: its bucket is there already."""
    complete_facts: Callable[[RequestContext, RequestFacts], RequestFacts] = keep_facts
    """Returns the facts, completed by what its document says."""
    answer: AnswerHook | None = None
    """Answers it; None: it is forwarded."""
    directives: Callable[
        [RequestContext, Authorizer, RequestFacts], Awaitable[Mapping[str, str | None]]
    ] = keep_request_headers
    """Returns headers for the store in place of the client's; None: the store does not get it."""
    answered_headers: Callable[[RequestContext, Headers], Headers] = keep_response_headers
    """Returns the headers of the store's answer as the client sees them."""
    bind_uploads: Callable[[XMLElement, ResolvedRequest, Gate], None] | None = None
    """Binds ids of uploads in the store's answer to bucket and key; None: it holds no such id."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for a row that says two things about who answers it."""
        # Not `super()`: a dataclass with slots is another class than the one whose body this is.
        OperationRow.__post_init__(self)
        if self.answer is None and self.handling is Handling.ANSWERED_HERE:
            raise ValueError(f"{self.name} is answered here, and has no answer")
        if self.answer is not None and self.handling in {
            Handling.READS_FORWARDED,
            Handling.REFUSED,
        }:
            raise ValueError(f"{self.name} is forwarded or refused, and has an answer")


def operation_of(request: ResolvedRequest) -> Operation:
    """Return the operation that a request names, with its hooks."""
    row = request.row
    assert isinstance(row, Operation)  # noqa: S101 - whatever is recognised is one of the table's
    return row
