"""`daypass policy test`: decide the expectations of YAML files and print those not met."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from daypass import policy
from daypass.cli import explanation_text, output
from daypass.cli.policy.expectations import ExpectationFile, ExpectationResult

_FILE_TYPE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(short_help="Test policies against expectations in a YAML file")
@click.option("--json", "as_json", is_flag=True, help="Print one object for each expectation.")
@click.option("--verbose", "-v", is_flag=True, help="Show expectations that are met, too.")
@click.argument("files", nargs=-1, required=True, type=_FILE_TYPE, metavar="FILE...")
@click.pass_context
def test(ctx: click.Context, /, as_json: bool, verbose: bool, files: tuple[Path, ...]) -> None:
    """Decide every expectation of FILE, and print which are not met and why.

    A policy is written in FILE, or is a path relative to it. Each request has the condition keys
    that every request has, as `daypass policy explain` fills them in; `context` sets others, in a
    test, in a principal or for the whole file. A principal's `credential` is access-key, session or
    mfa-session; `session-name` names a role's session. Exit code: 0 all met, 1 some not met,
    2 wrong use.

    \b
    Example:
      principals:
        alice:
          arn: arn:aws:iam::111122223333:user/alice
          identity: [alice.json]
      resources:
        reports:
          arn: arn:aws:s3:::reports
          policy: bucket.json
      tests:
        - who: alice
          may: s3:GetObject
          on: arn:aws:s3:::reports/may.csv
        - who: alice
          may-not: [s3:DeleteObject, s3:PutObject]
          on: arn:aws:s3:::reports/may.csv
          context: {aws:SourceIp: 192.0.2.1}
    """
    now = int(time.time())  # noqa: TID251 - a command is an edge
    results = [each for path in files for each in ExpectationFile(path, now=now).run()]
    if as_json:
        for each in results:
            output.print_json(_result_data(each))
    else:
        for each in results:
            output.print_lines(_result_lines(each, verbose=verbose))
        missed = sum(not each.is_met for each in results)
        resting = sum(each.is_met and bool(each.reliances) for each in results)
        rest = f"; {resting} rest on absent condition keys, which -v shows" if resting else ""
        output.print_line(f"{len(results)} expectations, {missed} not met{rest}")
    ctx.exit(0 if all(each.is_met for each in results) else 1)


def _result_data(each: ExpectationResult) -> dict[str, Any]:
    decision = each.explanation.decision
    found = {
        "v": 1,
        "test": each.name,
        "line": each.line,
        "met": each.is_met,
        "decision": decision.outcome.value,
        "layer": str(decision.layer),
        "assumed": [assumption._asdict() for assumption in each.assumptions],
    }
    if each.reliances:
        found["rests_on_absent"] = each.reliances
    return found if each.is_met else found | {"because": policy.because(each.explanation)}


def _result_lines(each: ExpectationResult, *, verbose: bool) -> Iterator[output.Line]:
    if each.is_met:
        if verbose:
            yield output.Styled("ok", fg="green"), f"      {each.name}"
            if each.reliances:
                yield from _indented(explanation_text.absent_key_lines(each.reliances))
        return
    yield output.Styled("NOT MET", fg="red", bold=True), f" {each.name}  (line {each.line})"
    yield from _indented(explanation_text.reason_lines(each.explanation))
    yield from _indented(
        explanation_text.assumption_lines(each.asked_assumptions, "`context`", each.explanation)
    )


def _indented(lines: Iterable[output.Line]) -> Iterator[output.Line]:
    """Yield lines below an expectation, those that are empty left out."""
    for each in lines:
        parts = each if isinstance(each, tuple) else (each,)
        if any(map(output.plain_text, parts)):
            yield ("        ", *parts)
