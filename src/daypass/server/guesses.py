"""Wrong one-time codes, counted by who gives them: after a few, each further try has to wait, longer and longer.

A code has a million values and three of them are good at a time. Five tries, then waits from a minute that double up to two hours,
leave some twenty tries a day: a chance below one in ten thousand (P-PORTAL-3's bound).
"""

from daypass.core.faults import Throttled

FREE_TRIES = 5
FIRST_WAIT_SECONDS = 60
LONGEST_WAIT_SECONDS = 2 * 60 * 60
CALLERS_MAX = 100_000


def wait_seconds(failures: int) -> int:
    """Return how long to wait after so many wrong codes in a row."""
    if failures < FREE_TRIES:
        return 0
    doublings = min(failures - FREE_TRIES, 16)
    return min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS << doublings)


class Guesses:
    """Wrong codes in a row, and the last of them, by caller. Forgotten when the server stops."""

    def __init__(self) -> None:
        self._wrong: dict[str, tuple[int, int]] = {}

    def check(self, caller: str, now: int) -> None:
        """Raise `Throttled` for a caller who has to wait; the code is not even looked at."""
        failures, last = self._wrong.get(caller, (0, now))
        if now < last + wait_seconds(failures):
            raise Throttled("Too many wrong MFA codes; try again later.")

    def failed(self, caller: str, now: int) -> None:
        """Count a wrong code."""
        failures, _ = self._wrong.pop(caller, (0, now))
        while len(self._wrong) >= CALLERS_MAX:
            del self._wrong[next(iter(self._wrong))]
        self._wrong[caller] = (failures + 1, now)

    def succeeded(self, caller: str) -> None:
        """Forget the wrong codes of somebody who gave a right one."""
        self._wrong.pop(caller, None)
