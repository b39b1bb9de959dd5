"""Signal handlers: SIGHUP requests a reload of certificates.

Signals without a meaning are survived. SIGTERM and SIGINT are uvicorn's. SIGPIPE is ignored by
Python: a peer that is gone is an error of its own connection.
"""

import signal
from types import FrameType

SURVIVED_SIGNALS = (signal.SIGUSR1, signal.SIGUSR2)
"""Signals that make some programs reopen their logs; here they only must not end the process."""


class HangUpFlag:
    """Whether SIGHUP has arrived since the flag was last taken."""

    def __init__(self) -> None:
        self._has_come = False

    def set(self, _number: int, _frame: FrameType | None) -> None:
        """Set the flag, as a signal handler; the reload does not run inside the signal."""
        self._has_come = True

    def take(self) -> bool:
        """Return whether SIGHUP has arrived, and clear the flag."""
        has_come, self._has_come = self._has_come, False
        return has_come


def install_handlers() -> HangUpFlag:
    """Install the handlers in a server's process, and return the flag that SIGHUP sets.

    Called on the main thread, before anything else is done.
    """
    hang_up_flag = HangUpFlag()
    signal.signal(signal.SIGHUP, hang_up_flag.set)
    for each in SURVIVED_SIGNALS:
        # A handler that another library has installed stays.
        if signal.getsignal(each) is signal.SIG_DFL:
            signal.signal(each, _survive)
    return hang_up_flag


def install_worker_handlers() -> HangUpFlag:
    """Install the handlers in a worker's process, and return a flag that SIGHUP does not set.

    The parent tells the worker when to reload its certificates.
    """
    signal.signal(signal.SIGHUP, _survive)
    return HangUpFlag()


def _survive(_number: int, _frame: FrameType | None) -> None:
    """Do nothing; a handler, because child processes would inherit an ignored signal."""
