"""The largest files that policy commands read, and file names in their error messages."""

from collections.abc import Mapping

from daypass.core import quotas

DOCUMENT_BYTES_MAX = 4 * quotas.DOCUMENT_CHARACTERS_MAX
"""The largest policy document, each of its characters taking four bytes."""
QUESTION_BYTES_MAX = 8 * 1024 * 1024
"""The largest question with all its policies; ours."""


def with_file_names(message: str, names: Mapping[str, str]) -> str:
    """Return a message with places in a question replaced by the names of their files.

    `names` has file names by place, such as `policies.scp[0][1]`.
    """
    for place, name in names.items():
        message = message.replace(f"{place}:", f"{name}:")
    return message
