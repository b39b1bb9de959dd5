"""Time-based one-time codes as AWS's virtual devices use them: six digits, thirty seconds, SHA-1.

A code is the one of a counter, which is the step that the time is in (RFC 6238, 4.2).
"""

import hmac
import re

from pyotp.hotp import HOTP

STEP_SECONDS = 30
WINDOW_STEPS = 1
"""How many steps before and after the present one are accepted, beyond a device's learnt drift."""
DRIFT_STEPS_MAX = 10
_CODE = re.compile(r"[0-9]{6}", re.ASCII)


def matching_step(
    seed: str, given: str, *, now: int, drift: int = 0, window: int = WINDOW_STEPS
) -> int | None:
    """Return the step whose code was given, near the present one; nothing for any other text."""
    if not _CODE.fullmatch(given):
        return None
    codes = HOTP(seed)
    present = now // STEP_SECONDS + drift
    found = None
    for step in range(max(0, present - window), present + window + 1):
        # Every step is compared, so that the time taken does not tell which of them it was.
        if hmac.compare_digest(codes.at(step), given):
            found = step
    return found


def matching_pair_step(seed: str, first: str, second: str, *, now: int) -> int | None:
    """Return the step of the second of two codes that follow each other; it shows how far the device's clock is off."""
    step = matching_step(seed, first, now=now, window=DRIFT_STEPS_MAX)
    if step is None or not _CODE.fullmatch(second):
        return None
    return step + 1 if hmac.compare_digest(HOTP(seed).at(step + 1), second) else None
