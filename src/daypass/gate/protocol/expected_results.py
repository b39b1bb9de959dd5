"""What a success of an operation looks like at the store: status, headers, root of the document.

A 200 alone proves no success: a proxy in front of the store may have said it, the store may have
ended in the middle, and some errors come under a 200. Source: S3 API reference, "Response Syntax"
and "Response Elements" of each operation.
"""

from dataclasses import dataclass, replace

_OK = frozenset({200})
_NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class ExpectedResult:
    """A success of one operation, and what its refusal may be."""

    roots: frozenset[str] = frozenset()
    """Root elements of its document; empty where it has none."""
    texts: tuple[str, ...] = ()
    """Children of the root without which the document says too little: each is there, with a
    text."""
    statuses: frozenset[int] = _OK
    headers: tuple[str, ...] = ()
    """Headers without which the answer says too little, in lower case."""
    is_stream: bool = False
    """Whether the body is the object's own bytes, or a stream of records."""
    is_late: bool = False
    """Whether the answer may turn into an error after its first byte, and may be long in coming."""
    may_be_locked: bool = False
    """Whether the store may deny it because the object is locked.

    Elsewhere the store's AccessDenied is about the gate's own keys.
    """
    operation: str = ""

    def of(self, operation: str) -> "ExpectedResult":
        """Return the result of an operation, with the names that S3 usually gives to documents."""
        roots = self.roots | _usual_roots(operation) if self.roots else self.roots
        return replace(self, operation=operation, roots=roots)

    def may_have(self, root: str) -> bool:
        """Say whether a document may have that root; an empty result may have one too."""
        return root in self.roots or root in _usual_roots(self.operation)


def _usual_roots(operation: str) -> frozenset[str]:
    return frozenset(operation + end for end in ("Result", "Response", "Output"))


def document_result(
    *roots: str, texts: tuple[str, ...] = (), is_late: bool = False
) -> ExpectedResult:
    """Return a result that is a document."""
    return ExpectedResult(frozenset(roots), texts, is_late=is_late)


def page_result(root: str) -> ExpectedResult:
    """Return a result that is a page of a list, which says whether it is the last."""
    return ExpectedResult(frozenset({root}), ("IsTruncated",))


WITHOUT_DOCUMENT = ExpectedResult(statuses=frozenset({200, 204}))
LOCKABLE = replace(WITHOUT_DOCUMENT, may_be_locked=True)
WITH_ETAG = ExpectedResult(headers=("etag",))
OBJECT_BYTES = ExpectedResult(
    statuses=frozenset({200, 206, _NOT_MODIFIED}), headers=("etag",), is_stream=True
)
STREAM = ExpectedResult(is_stream=True)
TAGGING = document_result("Tagging")
