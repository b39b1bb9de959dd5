"""Clocks that jump, forward and back: no code opens twice, no expired session opens again,
nobody is locked out for a day.

The server's clocks are set through the library that is preloaded into it; the test's own stay as
they are, and requests are signed by the server's. Where a wait goes by the monotonic clock, that
one goes on too.

The clocks of two workers jump together, and each has seen the jump before the next: what one saw
alone the other learns with the next flush. `guesses` is not for them: that a jump ends no wait is
known to the worker alone that counted the guess.
"""

import base64
import random
import tempfile
import urllib.request
from pathlib import Path

from pyotp import HOTP
from tests.campaign.faults import _shim
from tests.campaign.faults._node import HANGS, Node, running
from tests.campaign.faults._parts import TWO_WORKERS, Findings, tracebacks, until

from daypass.core.domain.iam.totp import STEP_SECONDS

HOUR, DAY = 3_600, 86_400
SESSION_SECONDS = 900
JUMPS = 40
WRONG_CODES = 6
LOUD_SECONDS_MAX = 15.0


class Person:
    """A user with a key and an authenticator, whose clock is the server's."""

    def __init__(self, node, name):
        self.node = node
        node.call("CreateUser", UserName=name)
        made = node.call("CreateAccessKey", UserName=name)
        self.key = (made["AccessKeyId"], made["SecretAccessKey"])
        device = node.call("CreateVirtualMFADevice", VirtualMFADeviceName=name)
        self.serial = device["SerialNumber"]
        self.codes = HOTP(_seed(device["Base32StringSeed"]))
        self.step = node.now() // STEP_SECONDS
        enabled = node.call(
            "EnableMFADevice",
            UserName=name,
            SerialNumber=self.serial,
            AuthenticationCode1=self.code(self.step - 1),
            AuthenticationCode2=self.code(self.step),
        )
        assert enabled.is_ok, enabled

    def code(self, step=None):
        """Return the code of a step; without it one that is newer than every step so far, if the
        clock allows.
        """
        if step is None:
            step = self.step = max(self.step + 1, self.node.now() // STEP_SECONDS)
        return self.codes.at(step)

    def session(self, given):
        """Ask for a session with a code."""
        return self.node.call(
            "GetSessionToken",
            "sts",
            keys=self.key,
            SerialNumber=self.serial,
            TokenCode=given,
            DurationSeconds=str(SESSION_SECONDS),
        )

    def wrong(self):
        """Give a code that is wrong at any step near the present one."""
        near = {self.codes.at(self.node.now() // STEP_SECONDS + step) for step in range(-15, 16)}
        return self.session(
            next(text for text in map("{:06d}".format, range(100)) if text not in near)
        )


def _seed(text):
    """Return a seed in base32, which an answer holds in base64 on top."""
    return base64.b64decode(text).decode()


def from_the_future(node, findings):
    """A session that claims to be issued an hour, or a day, from now opens to nobody."""
    for ahead in (HOUR, DAY):
        findings.count += 1
        if node.call("GetCallerIdentity", "sts", keys=node.mint(now=node.now() + ahead)).is_ok:
            findings.add("sessions from the future that open", f"issued in {ahead} s")
    if not node.call("GetCallerIdentity", "sts", keys=node.mint(now=node.now() + 2)).is_ok:
        findings.add("sessions that are refused for two seconds", "issued in 2 s")


def guesses(node, findings):
    """Wrong codes cost a wait that no jump ends, and that a jump back does not prolong."""
    person, other = Person(node, "guesser"), Person(node, "other")
    for _ in range(WRONG_CODES):
        person.wrong()
    node.shim.jump(DAY)
    findings.count += 2
    if person.session(person.code()).is_ok:
        findings.add("waits that a jump ends", f"{WRONG_CODES} wrong codes, then +24 h")
    for _ in range(WRONG_CODES):
        other.wrong()
    node.shim.jump(3 * HOUR, monotonic=3 * HOUR)
    given = other.session(other.codes.at(node.now() // STEP_SECONDS))
    if not given.is_ok:
        findings.add(
            "waits that a jump back prolongs",
            f"{WRONG_CODES} wrong codes at +24 h, then three hours from now: {given.status} {given.code}",
        )
    node.shim.jump(0)


def used_codes(node, findings, away=(40, HOUR, DAY, -DAY)):
    """A code that was used opens once, wherever the clock goes in between."""
    people = {seconds: Person(node, f"once{at}") for at, seconds in enumerate(away)}
    for seconds, person in people.items():
        used = person.code()
        if not person.session(used).is_ok:
            findings.add("right codes that are refused", f"before a jump of {seconds} s")
        node.shim.jump(seconds)
        person.session(person.codes.at(node.now() // STEP_SECONDS))
        node.shim.jump(0)
        findings.count += 1
        if person.session(used).is_ok:
            findings.add(
                "codes that open twice", f"{seconds:+} s and back, with another code there"
            )


def expired_sessions(node, findings):
    """A session that was over stays over after the clock was set back, and after a restart."""
    sessions = {
        name: node.mint(seconds=SESSION_SECONDS)
        for name in ("refused alone", "after a change", "after a restart")
    }
    for name, session in sessions.items():
        if (
            not node.call("GetCallerIdentity", "sts", keys=session).is_ok
            and name == "refused alone"
        ):
            findings.add("sessions that never open", name)
        node.shim.jump(2 * SESSION_SECONDS)
        if any(each.is_ok for each in node.everywhere("GetCallerIdentity", "sts", keys=session)):
            findings.add("expired sessions that open", name)
        if name == "after a change":
            node.call("CreateUser", keys=node.mint(), UserName="change")
        if name == "after a restart":
            node.kill()
            node.shim.jump(0)
            node.start()
        node.shim.jump(0)
        findings.count += 1
        if any(each.is_ok for each in node.everywhere("GetCallerIdentity", "sts", keys=session)):
            findings.add("expired sessions that open again", name)


def loud(node, findings):
    """A jump is told: on standard error, and in the metrics."""
    for seconds in (HOUR, -HOUR):
        before = len(node.said)
        node.shim.jump(seconds)
        findings.count += 1
        # Called before the next turn.
        if not until(lambda: "clock" in node.said[before:], LOUD_SECONDS_MAX):  # noqa: B023
            findings.add("jumps that nobody is told of", f"{seconds:+} s")
        node.shim.jump(0)
    with urllib.request.urlopen(f"http://127.0.0.1:{node.port}/metrics") as metrics:
        if "clock" not in metrics.read().decode():
            findings.add("metrics without a word of the clock", "/metrics")


def wander(node, findings, jumps, dice):
    """Jump to and fro: a key that stays opens at any time, a code at most once, and nothing
    fails.
    """
    person = Person(node, "wanderer")
    opened = set()
    for turn in range(jumps):
        node.shim.jump(dice.choice((1, -1)) * dice.choice((20, 60, HOUR, DAY, 10 * DAY)))
        findings.count += 1
        plain = node.call("GetCallerIdentity", "sts", keys=person.key)
        if plain.status >= 500:
            findings.add("answers of 5xx", f"jump {turn + 1}: {plain.status} {plain.code}")
        elif not plain.is_ok:
            findings.add("lasting keys that are refused", f"jump {turn + 1}: {plain.code}")
        given = person.codes.at(node.now() // STEP_SECONDS)
        answer = person.session(given)
        if answer.status == HANGS or answer.status >= 500:
            findings.add("answers of 5xx", f"jump {turn + 1}: {answer.status} {answer.code}")
        if answer.is_ok and given in opened:
            findings.add("codes that open twice", f"jump {turn + 1} of the walk")
        if answer.is_ok:
            opened.add(given)
    node.shim.jump(0)


PARTS = (from_the_future, guesses, used_codes, expired_sessions, loud)
PARTS_OF_TWO = tuple(part for part in PARTS if part is not guesses)
KINDS = (
    "sessions from the future that open",
    "waits that a jump ends",
    "waits that a jump back prolongs",
    "codes that open twice",
    "right codes that are refused",
    "sessions that never open",
    "sessions that are refused for two seconds",
    "expired sessions that open",
    "expired sessions that open again",
    "jumps that nobody is told of",
    "metrics without a word of the clock",
    "lasting keys that are refused",
    "answers of 5xx",
    "tracebacks",
)


def alone(parts):
    """Return parts as groups of one."""
    return [(part,) for part in parts]


def campaign(folder, library, groups, *, jumps=JUMPS, options=()):
    """Take each group of parts on a server of its own: the next would meet what it did to the
    clock.
    """
    findings = Findings()
    for at, group in enumerate([*groups, ()]):
        place = folder / f"clock{at}"
        place.mkdir()
        node = Node(place, *options, shim=_shim.Shim(library, place, root=place / "data"))
        with running(node):
            for part in group:
                part(node, findings)
            if not group:
                wander(node, findings, jumps, random.Random(3))
            for line in tracebacks(node.said):
                findings.add("tracebacks", line)
    return findings


def figures():
    """Yield the figures of clocks that jump."""
    if _shim.why_not():
        yield f"not taken: {_shim.why_not()}", 0, ""
        return
    for server, parts, options in (("", PARTS, ()), ("two workers: ", PARTS_OF_TWO, TWO_WORKERS)):
        with tempfile.TemporaryDirectory() as name:
            findings = campaign(Path(name), _shim.compiled(name), alone(parts), options=options)
        yield f"{server}jumps, and what was tried after them", findings.count, f">= {JUMPS}"
        yield from findings.figures(KINDS, server)
