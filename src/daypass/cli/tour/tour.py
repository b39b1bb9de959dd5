"""`daypass tour`: a demonstration in chapters, with the real AWS CLI and a real object store."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.tour.guide import Guide, aws, json_member, last_error_line
from daypass.cli.tour.stage import running_stage
from daypass.cli.tour.tour_organization import rcp_stops_outsider, scp_stops_administrator
from daypass.cli.tour.tour_people import person_works_in_two_accounts

ONLY_ASSUME = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
}
TOTP_STEP_SECONDS = 30  # how long a one-time code is valid (RFC 6238)


@click.command(short_help="See how it works on this machine, with real clients")
def tour() -> None:
    """Start an authority, a gate and an object store, and show how they work with the real AWS CLI.

    Every step shows the command and its outcome. Nothing outside a temporary directory is changed.
    The exit code is 1 if any outcome is not as expected.
    """
    output.print_line(
        output.Styled("A day pass lets you in for today, and tomorrow it is paper.", bold=True)
    )
    output.print_line("Starting an object store, an authority and a gate on this machine …")
    started = time.monotonic()
    with running_stage() as running:
        guide = Guide(running)
        for chapter in CHAPTERS:
            chapter(guide)
    seconds = time.monotonic() - started
    output.print_line("")
    if guide.unexpected_outcomes:
        raise CommandError(
            f"{len(guide.unexpected_outcomes)} of {guide.steps} steps did not end as expected",
            hint="; ".join(guide.unexpected_outcomes),
        )
    ended = f"All {guide.steps} steps ended as they should, in {seconds:.0f} seconds."
    output.print_line(output.Styled(ended, fg="green"))
    output.print_lines(NEXT_STEPS.split("\n"))


NEXT_STEPS = (
    "The operator, erin and alice's sessions used borrowed credentials, for an hour at most. The\n"
    "permanent keys in this tour are alice's, which may only assume a role, those of admin and\n"
    "mallory, whom policies above them stop, and the store's own, which only the gate has.\n\n"
    "Next: run your own authority, and become its root for fifteen minutes\n\n"
    "  daypass up --data ./daypass-data\n"
    '  eval "$(daypass root --data ./daypass-data --endpoint http://127.0.0.1:8090)"\n'
    "  aws iam create-user --user-name alice"
)


def _operator_borrows_root(guide: Guide) -> None:
    guide.chapter("1  The operator borrows root for fifteen minutes; root has no permanent key")
    result = guide.step(
        "operator",
        ["daypass", "root", "--data", str(guide.stage.data), "--format", "json"],
        show=lambda out: f"expires {json.loads(out)['Expiration']}",
    )
    guide.add_person("operator", json.loads(result.out))


def _create_alice(guide: Guide) -> None:
    guide.chapter("2  alice may do nothing but ask for a role, and has an MFA device")
    result = guide.step(
        "operator",
        ["aws", "iam", "create-user", "--user-name", "alice"],
        show=json_member("User", "Arn"),
    )
    guide.facts["alice"] = json.loads(result.out)["User"]["Arn"]
    guide.step(
        "operator",
        aws(
            "iam put-user-policy --user-name alice --policy-name OnlyAssumeRole --policy-document",
            guide.file("only-assume.json", ONLY_ASSUME),
        ),
    )
    result = guide.step(
        "operator",
        aws(
            "iam create-virtual-mfa-device --virtual-mfa-device-name alice"
            " --bootstrap-method Base32StringSeed --outfile seed"
        ),
        show=json_member("VirtualMFADevice", "SerialNumber"),
    )
    serial = guide.facts["serial"] = json.loads(result.out)["VirtualMFADevice"]["SerialNumber"]
    seed = (guide.stage.directory / "seed").read_text()
    now = time.time()  # noqa: TID251 - alice's authenticator app has a clock
    first, second, guide.facts["code"] = (
        _totp_code(seed, now + at * TOTP_STEP_SECONDS) for at in (-1, 0, 1)
    )
    guide.step(
        "operator",
        aws(
            f"iam enable-mfa-device --user-name alice --serial-number {serial}"
            f" --authentication-code1 {first} --authentication-code2 {second}"
        ),
    )
    result = guide.step(
        "operator",
        ["aws", "iam", "create-access-key", "--user-name", "alice"],
        show=json_member("AccessKey", "AccessKeyId"),
    )
    guide.add_person("alice", json.loads(result.out)["AccessKey"])


def _totp_code(seed: str, at: float) -> str:
    """Return the one-time code that an authenticator app shows at a time."""
    import pyotp

    return pyotp.TOTP(seed).at(int(at))


def _create_role(guide: Guide) -> None:
    guide.chapter("3  A role holds the permissions; its trust policy asks for MFA")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": guide.facts["alice"]},
                "Action": "sts:AssumeRole",
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            }
        ],
    }
    result = guide.step(
        "operator",
        aws(
            "iam create-role --role-name reports-reader --assume-role-policy-document",
            guide.file("trust.json", trust),
        ),
        show=json_member("Role", "Arn"),
    )
    guide.facts["role"] = json.loads(result.out)["Role"]["Arn"]
    guide.step(
        "operator",
        aws(
            "iam attach-role-policy --role-name reports-reader"
            " --policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
        ),
    )


def _refuse_without_role(guide: Guide) -> None:
    guide.chapter("4  alice's own key opens neither the bucket nor the role")
    guide.step("alice", ["aws", "sts", "get-caller-identity"], show=json_member("Arn"))
    guide.step("alice", ["aws", "s3", "ls", "s3://reports"], expect="AccessDenied")
    guide.step("alice", _assume_role_command(guide), expect="AccessDenied")


def _assume_role_command(guide: Guide) -> list[str]:
    return aws("sts assume-role --role-arn", guide.facts["role"], "--role-session-name", "alice")


def _assume_role(guide: Guide) -> None:
    guide.chapter("5  With a code from her device she borrows the role, for an hour")
    result = guide.step(
        "alice",
        [
            *_assume_role_command(guide),
            "--serial-number",
            guide.facts["serial"],
            "--token-code",
            guide.facts["code"],
        ],
        show=lambda out: f"until {json.loads(out)['Credentials']['Expiration']}",
    )
    if result.code:
        raise CommandError(
            "the role could not be assumed, so the rest cannot be shown",
            hint=last_error_line(result),
        )
    guide.add_person("session", json.loads(result.out)["Credentials"])
    guide.step("session", ["aws", "s3", "ls", "s3://reports"], show=_on_one_line)
    guide.step("session", ["aws", "s3", "cp", "s3://reports/2026.csv", "-"], show=_on_one_line)
    (guide.stage.directory / "new.csv").write_text("month,total\n")
    guide.step(
        "session", ["aws", "s3", "cp", "new.csv", "s3://reports/new.csv"], expect="AccessDenied"
    )


def _refuse_changed_token(guide: Guide) -> None:
    guide.chapter("6  A token with one character changed is worth nothing")
    session = guide.people["session"]
    token = session["AWS_SESSION_TOKEN"]
    middle = len(token) // 2
    other = "A" if token[middle] != "A" else "B"
    changed = token[:middle] + other + token[middle + 1 :]
    guide.people["thief"] = {**session, "AWS_SESSION_TOKEN": changed}
    guide.step("thief", ["aws", "sts", "get-caller-identity"], expect="InvalidClientTokenId")


def _narrow_for_a_job(guide: Guide) -> None:
    guide.chapter("7  A job gets half of the session's rights: it may see which reports there are")
    may_narrow = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:GetScopedCredentials", "Resource": "*"}],
    }
    guide.step(
        "operator",
        aws(
            "iam put-role-policy --role-name reports-reader --policy-name MayNarrow"
            " --policy-document",
            guide.file("may-narrow.json", may_narrow),
        ),
    )
    only_list = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}],
    }
    guide.file("only-list.json", only_list)
    (guide.stage.directory / "list.py").write_text(_LIST_REPORTS)
    (guide.stage.directory / "read.py").write_text(_READ_REPORT)
    narrowed = ["daypass", "exec", "--scope-down", "only-list.json", "--scope-for", "nightly list"]
    guide.step("session", [*narrowed, "--", "python3", "list.py"], show=_on_one_line)
    guide.step("session", [*narrowed, "--", "python3", "read.py"], expect="scope-down policy")


_LIST_REPORTS = """\
import boto3, sys
for each in boto3.client("s3").list_objects_v2(Bucket="reports")["Contents"]:
    sys.stdout.buffer.write(each["Key"].encode() + b"\\n")
"""
_READ_REPORT = """\
import boto3, sys
report = boto3.client("s3").get_object(Bucket="reports", Key="2026.csv")
sys.stdout.buffer.write(report["Body"].read())
"""


def _revoke_sessions(guide: Guide) -> None:
    guide.chapter("8  The role's older sessions are revoked, and the same credentials stop at once")
    # The operator's clock.
    moment = datetime.fromtimestamp(int(time.time()) + 1, UTC)  # noqa: TID251
    revoke = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {
                    "DateLessThan": {"aws:TokenIssueTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
                },
            }
        ],
    }
    guide.step(
        "operator",
        aws(
            "iam put-role-policy --role-name reports-reader"
            " --policy-name AWSRevokeOlderSessions --policy-document",
            guide.file("revoke.json", revoke),
        ),
    )
    guide.step("session", ["aws", "s3", "ls", "s3://reports"], expect="AccessDenied")


def _show_audit_log(guide: Guide) -> None:
    guide.chapter("12  The audit log has all of it, and its chain is whole")
    guide.step(
        "operator",
        ["daypass", "log", "show", "--data", str(guide.stage.data), "--last", "8"],
        show=lambda out: f"\n{out.rstrip()}",
    )
    guide.step(
        "operator", ["daypass", "log", "verify", "--data", str(guide.stage.data)], show=_on_one_line
    )


def _on_one_line(out: str) -> str:
    return " | ".join(out.strip().splitlines())


CHAPTERS: tuple[Callable[[Guide], None], ...] = (
    _operator_borrows_root,
    _create_alice,
    _create_role,
    _refuse_without_role,
    _assume_role,
    _refuse_changed_token,
    _narrow_for_a_job,
    _revoke_sessions,
    scp_stops_administrator,
    person_works_in_two_accounts,
    rcp_stops_outsider,
    _show_audit_log,
)
