"""`daypass policy test`: decide the expectations of YAML files and print those not met."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from daypass.cli import output
from daypass.cli.policy.expectations import ExpectationFile, ExpectationResult

_FILE_TYPE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(short_help="Test policies against expectations in a YAML file")
@click.option("--json", "as_json", is_flag=True, help="Print one object for each expectation.")
@click.option("--verbose", "-v", is_flag=True, help="Show expectations that are met, too.")
@click.argument("files", nargs=-1, required=True, type=_FILE_TYPE, metavar="FILE...")
@click.pass_context
def test(ctx: click.Context, /, as_json: bool, verbose: bool, files: tuple[Path, ...]) -> None:
    """Decide every expectation of FILE, and print which are not met and why.

    A policy is written in FILE, or is a path relative to it. Exit code: 0 all met, 1 some not met,
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
    results = [each for path in files for each in ExpectationFile(path).run()]
    if as_json:
        for each in results:
            output.print_json(_result_data(each))
    else:
        for each in results:
            output.print_lines(_result_lines(each, verbose=verbose))
        missed = sum(not each.is_met for each in results)
        output.print_line(f"{len(results)} expectations, {missed} not met")
    ctx.exit(0 if all(each.is_met for each in results) else 1)


def _result_data(each: ExpectationResult) -> dict[str, Any]:
    decision = each.explanation.decision
    return {
        "v": 1,
        "test": each.name,
        "line": each.line,
        "met": each.is_met,
        "decision": decision.outcome.value,
        "layer": str(decision.layer),
    }


def _result_lines(each: ExpectationResult, *, verbose: bool) -> Iterator[output.Line]:
    if each.is_met:
        if verbose:
            yield output.Styled("ok", fg="green"), f"      {each.name}"
        return
    decision = each.explanation.decision
    yield output.Styled("NOT MET", fg="red", bold=True), f" {each.name}  (line {each.line})"
    if decision.rule is not None:
        statement = decision.rule.statement
        sid = f" ({statement.syntax.sid})" if statement.syntax.sid else ""
        verb = "allows" if decision.allowed else "denies"
        name = f"{decision.rule.policy.name}, statement {statement.index + 1}{sid}"
        yield f"        the {decision.layer} {verb} it: {name}"
    else:
        yield (
            f"        no {decision.layer} allows it"
            if not decision.allowed
            else f"        allowed: {decision.layer}"
        )
