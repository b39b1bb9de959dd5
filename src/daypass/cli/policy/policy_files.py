"""The files that the policy commands read: how much of one, and how a message names them."""

from collections.abc import Mapping

from daypass.core import quotas

DOCUMENT_BYTES_MAX = 4 * quotas.DOCUMENT_CHARACTERS_MAX
"""A policy document, if each of its characters had four bytes."""
QUESTION_BYTES_MAX = 8 * 1024 * 1024
"""A question with all the policies that bear on it; ours."""


def with_file_names(message: str, names: Mapping[str, str]) -> str:
    """Return a message with names of files for places in the question.

    `names` is by place, such as `policies.scp[0][1]`.
    """
    for place, name in names.items():
        message = message.replace(f"{place}:", f"{name}:")
    return message
