"""Findings that are meant so: a file with a line for each, which gives the reason.

    policies/deployer.json:12 pass-role the deployer hands roles to CloudFormation
    policies/deployer.json:Statement[2] redundant listed one by one for the auditors

A line names a document, the line or the path of the finding, its code, and the reason. Empty lines
and lines that begin with `#` are skipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from daypass import policy
from daypass.cli.command_error import CommandError
from daypass.files import bounded_reading

WAIVERS_BYTES_MAX = 1024 * 1024
"""The largest file of waivers; ours, some ten thousand lines."""
_HINT = "a line is: FILE:LINE CODE REASON, or FILE:PATH CODE REASON"
_WORDS = 3


@dataclass(frozen=True, slots=True)
class Waiver:
    """One line of a file of waivers; `place` is a line number or a path in the document."""

    line: int
    file: str
    place: str
    code: str

    def fits(self, name: str, finding: policy.LintFinding) -> bool:
        """Return whether a finding in a file is waived; an invalid document never is."""
        below = finding.path.removeprefix(self.place)
        is_at_path = finding.path.startswith(self.place) and below[:1] in {"", ".", "["}
        is_place = is_at_path or self.place == str(finding.line)
        is_waivable = finding.severity != policy.INVALID
        return is_waivable and is_place and (self.file, self.code) == (name, finding.code)


def read_waivers(path: Path) -> list[Waiver]:
    """Return the waivers of a file; raises `CommandError` for a line that is none."""
    try:
        text = bounded_reading.read_text(path, WAIVERS_BYTES_MAX)
    except bounded_reading.UnreadableFile as error:
        raise CommandError(str(error), code=2) from error
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(maxsplit=_WORDS - 1)
        file, colon, place = words[0].rpartition(":")
        if len(words) < _WORDS or not (colon and file and place):
            raise CommandError(f"{path}:{number}: this is no waiver", hint=_HINT, code=2)
        found.append(Waiver(number, file, place, words[1]))
    return found


def apply_waivers(
    name: str, findings: Sequence[policy.LintFinding], waivers: Sequence[Waiver]
) -> tuple[list[policy.LintFinding], set[Waiver]]:
    """Return the findings of a file that are not waived, and the waivers that fitted one."""
    left, used = [], set()
    for finding in findings:
        fitting = {waiver for waiver in waivers if waiver.fits(name, finding)}
        used |= fitting
        if not fitting:
            left.append(finding)
    return left, used


def refuse_unused(
    path: Path, waivers: Sequence[Waiver], used: set[Waiver], names: set[str]
) -> None:
    """Raise `CommandError` for a waiver of a file that was linted, which fits no finding in it."""
    for waiver in waivers:
        if waiver.file in names and waiver not in used:
            raise CommandError(
                f"{path}:{waiver.line}: no finding {waiver.code} at {waiver.file}:{waiver.place}",
                hint="remove the line, or correct its place",
                code=2,
            )
