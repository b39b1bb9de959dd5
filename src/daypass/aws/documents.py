"""Policy documents as text. botocore has parsed those of IAM's answers already.

Those of Organizations are text.
"""

import json
from typing import Any


def compact_text(document: Any) -> str:
    """Return a document on one line, for comparing and for the organization file.

    Text stays as it is.
    """
    if isinstance(document, str):
        return document
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def indented_text(document: Any) -> str:
    """Return a document on many lines, so that an explanation can quote those of one statement.

    Text stays as it is.
    """
    return document if isinstance(document, str) else json.dumps(document, indent=2)


def parse_document(document: Any) -> Any:
    """Return a document as JSON values. Raises `ValueError` for text that is not JSON."""
    return json.loads(document) if isinstance(document, str) else document
