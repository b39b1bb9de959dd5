"""The expected result of each operation at the store: status, headers, root of the document.

Status 200 alone proves no success: a proxy in front of the store may have sent it, the answer may
be cut off, and some errors come under a 200. Source: S3 API reference, "Response Syntax" and
"Response Elements" of each operation.
"""

from dataclasses import dataclass, replace

_OK = frozenset({200})
_NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class ExpectedResult:
    """The form of an operation's success at the store, and which refusals it may have."""

    roots: frozenset[str] = frozenset()
    """Root elements of its document; empty if it has no document."""
    texts: tuple[str, ...] = ()
    """Children of the root that must be present and not empty."""
    statuses: frozenset[int] = _OK
    headers: tuple[str, ...] = ()
    """Headers that must be present, in lower case."""
    is_stream: bool = False
    """Whether the body is the object's bytes, or a stream of records."""
    is_late: bool = False
    """Whether the answer may turn into an error after its first byte, and may take long."""
    may_be_locked: bool = False
    """Whether the store may deny it because the object is locked. Elsewhere the store's
    AccessDenied is about the gate's own credential."""
    operation: str = ""

    def for_operation(self, operation: str) -> "ExpectedResult":
        """Return the result of an operation, with the root names derived from its name."""
        roots = self.roots | _usual_roots(operation) if self.roots else self.roots
        return replace(self, operation=operation, roots=roots)

    def may_have(self, root: str) -> bool:
        """Say whether a document may have that root; also for an operation without a document."""
        return root in self.roots or root in _usual_roots(self.operation)


def _usual_roots(operation: str) -> frozenset[str]:
    return frozenset(operation + end for end in ("Result", "Response", "Output"))


def document_result(
    *roots: str, texts: tuple[str, ...] = (), is_late: bool = False
) -> ExpectedResult:
    """Return a result that is a document."""
    return ExpectedResult(frozenset(roots), texts, is_late=is_late)


def page_result(root: str) -> ExpectedResult:
    """Return a result that is a page of a list, with `IsTruncated`."""
    return ExpectedResult(frozenset({root}), ("IsTruncated",))


WITHOUT_DOCUMENT = ExpectedResult(statuses=frozenset({200, 204}))
LOCKABLE = replace(WITHOUT_DOCUMENT, may_be_locked=True)
WITH_ETAG = ExpectedResult(headers=("etag",))
OBJECT_BYTES = ExpectedResult(
    statuses=frozenset({200, 206, _NOT_MODIFIED}), headers=("etag",), is_stream=True
)
STREAM = ExpectedResult(is_stream=True)
TAGGING = document_result("Tagging")
