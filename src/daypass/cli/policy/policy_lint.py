"""`daypass policy lint`: print errors and likely mistakes in policy documents."""

from collections import Counter
from pathlib import Path
from typing import Any

import click

from daypass import policy
from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.policy import waivers
from daypass.cli.policy.policy_files import DOCUMENT_BYTES_MAX
from daypass.files import bounded_reading
from daypass.policy.reference import IamdataReference

KINDS = [kind.value for kind in policy.DocumentKind]
_FILE_TYPE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
LintedFile = tuple[str, policy.DocumentKind, list[policy.LintFinding]]
"""A file's name, the kind of its document, and the findings in it."""


@click.command(short_help="Find errors and likely mistakes in policies")
@click.option(
    "--type",
    "kind",
    type=click.Choice(KINDS),
    help="The type of the documents; default guessed from their elements.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
)
@click.option("--json", "style", flag_value="json", help="The same as --format json.")
@click.option("--errors-only", is_flag=True, help="Leave the warnings out.")
@click.option(
    "--waivers",
    "waivers_file",
    type=_FILE_TYPE,
    metavar="FILE",
    help="Findings that are meant so, each with its reason.",
)
@click.argument("files", nargs=-1, required=True, type=_FILE_TYPE, metavar="FILE...")
@click.pass_context
def lint(
    ctx: click.Context,
    /,
    kind: str | None,
    style: str,
    errors_only: bool,
    waivers_file: Path | None,
    files: tuple[Path, ...],
) -> None:
    """Find errors and likely mistakes in policy documents; `-` reads one from standard input.

    Invalid is what a server refuses, in AWS's words and in plain ones; an error is stored and
    cannot do what it says; a warning is a likely mistake. Actions and condition keys are compared
    with AWS's service authorization reference. JSON output has one line for each file. Exit code: 0
    with warnings at most, 1 with invalid documents or errors, 2 wrong use.

    \b
    Examples:
      daypass policy lint policies/*.json
      daypass policy lint --type trust --json - <trust.json
      daypass policy lint --waivers policies/waivers policies/*.json
      daypass policy lint --format sarif policies/*.json >lint.sarif
    """
    reference = IamdataReference()
    wanted = policy.DocumentKind(kind) if kind else None
    given = waivers.read_waivers(waivers_file) if waivers_file else []
    used: set[waivers.Waiver] = set()
    results: list[LintedFile] = []
    for path in files:
        found_kind, found = policy.lint(_read_document(path), wanted, reference)
        found, fitting = waivers.apply_waivers(_file_name(path), found, given)
        used |= fitting
        shown = [each for each in found if each.severity != policy.WARNING or not errors_only]
        results.append((_file_name(path), found_kind, shown))
    if waivers_file:
        waivers.refuse_unused(waivers_file, given, used, {name for name, _, _ in results})
    {"text": _print_text, "json": _print_json, "sarif": _print_sarif}[style](results)
    is_wrong = any(each.severity != policy.WARNING for _, _, found in results for each in found)
    ctx.exit(1 if is_wrong else 0)


def _read_document(path: Path) -> str:
    try:
        return bounded_reading.read_text(path, DOCUMENT_BYTES_MAX)
    except bounded_reading.UnreadableFile as error:
        raise CommandError(str(error), code=2) from error


def _file_name(path: Path) -> str:
    return "standard input" if str(path) == "-" else str(path)


def _print_text(results: list[LintedFile]) -> None:
    counts = Counter(each.severity for _, _, found in results for each in found)
    for name, _, found in results:
        for each in found:
            colour = "yellow" if each.severity == policy.WARNING else "red"
            word = output.Styled(each.severity, fg=colour, bold=True)
            place = f"{name}:{each.line}:{each.column}: "
            output.print_line(place, word, f": {each.message} [{each.code}]")
            if each.hint:
                output.print_line(f"  hint: {each.hint}")
    total = f"{len(results)} document{'s' if len(results) > 1 else ''}"
    invalid = f"{counts[policy.INVALID]} invalid, " if counts[policy.INVALID] else ""
    said = f"{invalid}{counts[policy.ERROR]} errors, {counts[policy.WARNING]} warnings"
    output.print_line(f"{total}: {said if counts else 'no findings'}")


def _print_json(results: list[LintedFile]) -> None:
    for name, kind, found in results:
        output.print_json(
            {
                "v": 1,
                "file": name,
                "type": kind.value,
                "accepted": not any(each.severity == policy.INVALID for each in found),
                "findings": [_finding_data(each) for each in found],
            }
        )


def _finding_data(finding: policy.LintFinding) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "code": finding.code,
        "message": finding.message,
        "hint": finding.hint,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
    }


def _print_sarif(results: list[LintedFile]) -> None:
    """Print the findings as a SARIF 2.1.0 log, which code hosts read."""
    codes = sorted({each.code for _, _, found in results for each in found})
    driver = {
        "name": "daypass policy lint",
        "informationUri": "https://github.com/daypass/daypass",
        "rules": [
            {"id": code, "help": {"text": policy.CODES[code].fix}}
            if policy.CODES[code].fix
            else {"id": code}
            for code in codes
        ],
    }
    listed = [
        {
            "ruleId": each.code,
            "level": "warning" if each.severity == policy.WARNING else "error",
            "message": {"text": f"{each.message} {each.hint}".rstrip()},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": name.replace("\\", "/")},
                        "region": {
                            "startLine": each.line,
                            "startColumn": each.column,
                            "endLine": each.end_line,
                            "endColumn": each.end_column,
                        },
                    }
                }
            ],
        }
        for name, _, found in results
        for each in found
    ]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "results": listed, "columnKind": "unicodeCodePoints"}
        ],
    }
    output.print_json(log, indent=2)
