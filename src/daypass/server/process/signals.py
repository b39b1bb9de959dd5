"""Signals beside those that end a server: SIGHUP asks it to read its certificates again, and none kills it unawares.

SIGTERM and SIGINT are uvicorn's. SIGPIPE is ignored by Python: a peer that is gone is an error of its own connection.
"""

import signal
from types import FrameType

UNMEANT = (signal.SIGUSR1, signal.SIGUSR2)
"""Signals that some programs reopen their logs by; they mean no more here than to be survived."""


class HangUps:
    """Whether SIGHUP has come since it was last asked."""

    def __init__(self) -> None:
        self._has_come = False

    def note(self, _number: int, _frame: FrameType | None) -> None:
        """Remember it; what follows is not done inside a signal."""
        self._has_come = True

    def taken(self) -> bool:
        """Say whether it has come, and forget it."""
        has_come, self._has_come = self._has_come, False
        return has_come


def settle() -> HangUps:
    """Have SIGHUP noted from now on, and survive what means nothing here. For the main thread, before anything else is done."""
    hang_ups = HangUps()
    signal.signal(signal.SIGHUP, hang_ups.note)
    for each in UNMEANT:
        # Whoever has given it a meaning already keeps it.
        if signal.getsignal(each) is signal.SIG_DFL:
            signal.signal(each, _survive)
    return hang_ups


def of_worker() -> HangUps:
    """Survive SIGHUP and whatever means nothing here; the parent says when certificates are to be read again."""
    signal.signal(signal.SIGHUP, _survive)
    return HangUps()


def _survive(_number: int, _frame: FrameType | None) -> None:
    """Go on; a handler, because what is ignored would be ignored by the programs that are started too."""
