"""Request ids: random, and made a few at a time."""

from daypass.core.sources import Entropy

_MADE_AT_ONCE = 32
_ID_BYTES = 16
_ID_DIGITS = 2 * _ID_BYTES


class RequestIds:
    """Makes the ids that callers and the audit log know requests by; each is given out once.

    A process that is forked off makes its own, if none was asked for before.
    """

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._made: list[str] = []

    def next(self) -> str:
        """Return an id that was not given out before, as `8-4-4-4-12` hexadecimal digits."""
        made = self._made
        if not made:
            # Asking the system for random bytes costs more than all else about an id.
            digits = self._entropy(_ID_BYTES * _MADE_AT_ONCE).hex()
            starts = range(0, len(digits), _ID_DIGITS)
            made += [_format_id(digits[at : at + _ID_DIGITS]) for at in starts]
        return made.pop()


def _format_id(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
