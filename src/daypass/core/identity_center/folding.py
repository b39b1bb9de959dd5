"""How names of people and groups, and their e-mail addresses, are compared.

Two names that look alike, or differ in case alone, are one name: otherwise somebody could take the
place of another in the eyes of an administrator, and in the name of a session. Sources: Unicode
Standard Annex 15 (NFKC), The Unicode Standard 3.13 (default caseless matching).
"""

import unicodedata


def fold_name(name: str) -> str:
    """Return a user name, display name or e-mail address in the form in which it is compared.

    Folding case can undo a normalization, so that it is normalized again.
    """
    if name.isascii():
        return name.lower()
    folded = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", folded)
