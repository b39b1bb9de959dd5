"""Policy documents as text or as JSON values.

botocore has parsed the documents in IAM's responses already; those of Organizations are text.
"""

import json
from typing import Any


def compact_text(document: Any) -> str:
    """Return a document as JSON on one line, for comparing and for the organization file.

    A document that is text already is returned unchanged.
    """
    if isinstance(document, str):
        return document
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def indented_text(document: Any) -> str:
    """Return a document as indented JSON, so that an explanation can quote a statement's lines.

    A document that is text already is returned unchanged.
    """
    return document if isinstance(document, str) else json.dumps(document, indent=2)


def parse_document(document: Any) -> Any:
    """Return a document as JSON values. Raises `ValueError` for text that is not JSON."""
    return json.loads(document) if isinstance(document, str) else document
