"""`daypass policy`: the group of its subcommands, each imported when it runs."""

from collections.abc import Mapping

import click

from daypass.cli.lazy_group import lazy_group

COMMANDS: Mapping[str, tuple[str, str]] = {
    "explain": (
        "daypass.cli.policy.policy_explain:explain",
        "Say whether a request is allowed, and why",
    ),
    "simulate": (
        "daypass.cli.policy.policy_simulate:simulate",
        "Decide many requests: JSON lines in, JSON lines out",
    ),
    "lint": ("daypass.cli.policy.policy_lint:lint", "Find errors and likely mistakes in policies"),
    "test": (
        "daypass.cli.policy.policy_test:test",
        "Test policies against expectations in a YAML file",
    ),
    "load": ("daypass.cli.policy.policy_load:load", "Load AWS managed policies from a file"),
    "fetch": (
        "daypass.cli.policy.policy_load:fetch",
        "Load AWS managed policies from an AWS account",
    ),
}


@click.group(cls=lazy_group(COMMANDS))
def policy() -> None:
    """Explain, simulate, lint and test policies, without a server.

    The same policy engine decides here and in `daypass up`.

    \b
    Examples:
      daypass policy explain --principal arn:aws:iam::111122223333:user/alice \\
          --action s3:GetObject --resource arn:aws:s3:::reports/may.csv --identity alice.json
      daypass policy lint policies/*.json
      daypass policy test policies/expectations.yaml
      daypass policy simulate --jobs 2 <questions.jsonl >answers.jsonl
    """
