"""Verifying one-time codes of virtual MFA devices: TOTP with six digits, 30 seconds, SHA-1.

Source: RFC 6238. A code belongs to a step, the number of thirty-second periods since 1970 (RFC
6238, 4.2).
"""

import hmac
import re

from pyotp.hotp import HOTP

STEP_SECONDS = 30
WINDOW_STEPS = 1
"""How many steps before and after the current one are accepted, after a device's measured drift
is added."""
DRIFT_STEPS_MAX = 10
_CODE = re.compile(r"[0-9]{6}", re.ASCII)


def matching_step(
    seed: str, code: str, *, now: int, drift: int = 0, window: int = WINDOW_STEPS
) -> int | None:
    """Return the step that a code is valid for, within `window` steps of the current one.

    Returns None for a wrong code.

    `seed` is in base32, `now` in epoch seconds, `drift` and `window` in steps.
    """
    if not _CODE.fullmatch(code):
        return None
    codes = HOTP(seed)
    current = now // STEP_SECONDS + drift
    matching = None
    for step in range(max(0, current - window), current + window + 1):
        # Every step is compared, so that the time taken does not reveal which one matches.
        if hmac.compare_digest(codes.at(step), code):
            matching = step
    return matching


def matching_pair_step(seed: str, first: str, second: str, *, now: int) -> int | None:
    """Return the step of the second of two consecutive codes, which shows the clock's drift.

    Returns None unless both codes are right, consecutive, and within `DRIFT_STEPS_MAX` of the
    current step.
    """
    step = matching_step(seed, first, now=now, window=DRIFT_STEPS_MAX)
    if step is None or not _CODE.fullmatch(second):
        return None
    return step + 1 if hmac.compare_digest(HOTP(seed).at(step + 1), second) else None
