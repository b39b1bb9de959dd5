"""The form of an account's id: twelve digits.

Whether such an account exists is for the directory to say.
"""

DIGITS = 12


def is_account_id(text: str) -> bool:
    """Say whether a text is twelve digits of ASCII.

    Other scripts have digits too, and are refused.
    """
    return len(text) == DIGITS and text.isascii() and text.isdigit()
