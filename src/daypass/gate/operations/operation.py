"""An S3 operation as a row of values and hooks; a hook holds what differs from other operations.

Steps that all operations share belong to the code that calls the hooks, so that no operation can
forget one: the action is allowed, a copy source may be read, a bucket has an owner, a change is
allowed by the policies at its commit.
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
    """Response headers that need a permission of their own: its action, and that for a version."""

    action: str
    version_action: str
    names: tuple[str, ...]


def no_further_permissions(
    _request: ResolvedRequest, _facts: RequestFacts, _keys: ConditionKeys
) -> tuple[Permission, ...]:
    """Return no permissions beyond the operation's action."""
    return ()


def no_replacement(_request: ResolvedRequest, _facts: RequestFacts) -> tuple[Permission, ...]:
    """Return no permissions in place of the operation's action."""
    return ()


def no_copied_metadata(_request: ResolvedRequest, _facts: RequestFacts) -> tuple[Permission, ...]:
    """Return no permissions: the operation copies neither tags nor annotations."""
    return ()


def no_condition_keys(_request: ResolvedRequest, _facts: RequestFacts) -> ConditionKeys:
    """Return no condition keys beyond those of every request."""
    return {}


def accept_document(_document: XMLElement) -> None:
    """Accept every document that matches the operation's schema."""


def accept_request(_ctx: RequestContext, _facts: RequestFacts) -> None:
    """Accept every authorized request."""


def keep_facts(_ctx: RequestContext, facts: RequestFacts) -> RequestFacts:
    """Return the facts unchanged."""
    return facts


async def keep_request_headers(
    _ctx: RequestContext, _authorizer: Authorizer, _facts: RequestFacts
) -> Mapping[str, str | None]:
    """Return no changes to the headers for the store."""
    return {}


def keep_response_headers(_ctx: RequestContext, headers: Headers) -> Headers:
    """Return the store's headers unchanged."""
    return headers


@dataclass(frozen=True, slots=True)
class Operation(OperationRow):
    """One operation of S3: its row and its hooks."""

    permissions: PermissionsHook = no_further_permissions
    """Returns the permissions beyond the action; the keys are the condition keys of the action."""
    replacement_permissions: Callable[[ResolvedRequest, RequestFacts], tuple[Permission, ...]] = (
        no_replacement
    )
    """Returns permissions required in place of the action; empty if the action itself is required.
    """
    condition_keys: Callable[[ResolvedRequest, RequestFacts], ConditionKeys] = no_condition_keys
    """Returns the condition keys of the operation's action."""
    guarded_headers: tuple[GuardedHeaders, ...] = ()
    """Response headers that need a permission of their own."""
    copied_metadata_permissions: Callable[
        [ResolvedRequest, RequestFacts], tuple[Permission, ...]
    ] = no_copied_metadata
    """Returns the permissions to copy tags and annotations, checked only when a copy is forwarded:
    a copy may leave them behind."""
    check_document: Callable[[XMLElement], None] = accept_document
    """Raises `S3Error` for content of its document that the gate never forwards."""
    check_request: Callable[[RequestContext, RequestFacts], None] = accept_request
    """Raises `S3Error` for an authorized request that the operation still refuses."""
    new_bucket_record: Callable[[RequestContext], Bucket] | None = None
    """Returns the record of the bucket that the request creates; None if its bucket exists already.
    """
    complete_facts: Callable[[RequestContext, RequestFacts], RequestFacts] = keep_facts
    """Returns the facts, completed from the request's document."""
    answer: AnswerHook | None = None
    """Answers the request; None if it is forwarded."""
    replaced_headers: Callable[
        [RequestContext, Authorizer, RequestFacts], Awaitable[Mapping[str, str | None]]
    ] = keep_request_headers
    """Returns headers for the store that replace the client's; a value of None removes the header.
    """
    response_headers: Callable[[RequestContext, Headers], Headers] = keep_response_headers
    """Returns the headers for the client from those of the store's answer."""
    bind_upload_ids: Callable[[XMLElement, ResolvedRequest, Gate], None] | None = None
    """Binds upload ids in the store's answer to bucket and key; None if the answer has no such id.
    """

    def __post_init__(self) -> None:
        """Raise `ValueError` if `answer` and `handling` contradict each other."""
        # Not `super()`: with slots, the dataclass decorator makes a class other than this one.
        OperationRow.__post_init__(self)
        if self.answer is None and self.handling is Handling.ANSWERED_HERE:
            raise ValueError(f"{self.name} is answered here, and has no answer")
        if self.answer is not None and self.handling in {
            Handling.READS_FORWARDED,
            Handling.REFUSED,
        }:
            raise ValueError(f"{self.name} is forwarded or refused, and has an answer")


def operation_of(request: ResolvedRequest) -> Operation:
    """Return the operation of a request, with its hooks."""
    row = request.row
    assert isinstance(row, Operation)  # noqa: S101 - whatever is recognised is one of the table's
    return row
