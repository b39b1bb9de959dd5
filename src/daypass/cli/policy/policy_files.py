"""How much the policy commands read of one file, or of one line."""

from daypass.core import quotas

DOCUMENT_BYTES_MAX = 4 * quotas.DOCUMENT_CHARACTERS_MAX
"""A policy document, if each of its characters had four bytes."""
QUESTION_BYTES_MAX = 8 * 1024 * 1024
"""A question with all the policies that bear on it; ours."""
