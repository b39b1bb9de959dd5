"""How names of people and groups, and their e-mail addresses, are compared.

Two names that look alike, or differ in case alone, are one name: otherwise somebody could take the
place of another in the eyes of an administrator, and in the name of a session. Sources: Unicode
Standard Annex 15 (NFKC), The Unicode Standard 3.13 (default caseless matching).
"""

import unicodedata

_INVISIBLE = dict.fromkeys(
    (
        0x034F,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    )
)
"""Letters and marks without a glyph, which names may contain: those of the Unicode property
`Default_Ignorable_Code_Point`, as NFKC leaves them. None: they are removed."""


def fold_name(name: str) -> str:
    """Return a user name, display name or e-mail address in the form in which it is compared.

    Folding case can undo a normalization, so that it is normalized again. Characters that nobody
    sees are left out, as in the Unicode transformation `NFKC_Casefold`.
    """
    if name.isascii():
        return name.lower()
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_INVISIBLE)
    return unicodedata.normalize("NFKC", folded)
