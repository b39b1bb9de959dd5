"""The form of an AWS account id: twelve ASCII digits.

Whether an account of that id exists is the directory's to say (`state.snapshot`).
"""

DIGITS = 12


def is_account_id(text: str) -> bool:
    """Return True for a text of twelve ASCII digits.

    Digits of other scripts, which `str.isdigit` accepts, are refused.
    """
    return len(text) == DIGITS and text.isascii() and text.isdigit()
