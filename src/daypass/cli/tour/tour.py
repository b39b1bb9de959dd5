"""`daypass tour`: the whole practice on this machine, step by step, with the real AWS CLI and a real object store."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import click

from daypass.cli import output
from daypass.cli.problem import Problem
from daypass.cli.tour.guide import Guide, error
from daypass.cli.tour.stage import stage
from daypass.cli.tour.tour_organization import above_a_trust_policy, above_an_administrator

ONLY_ASSUME = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
}
STEP_SECONDS = 30  # a step of the tour


@click.command(short_help="See the whole practice on this machine, with real clients")
def tour() -> None:
    """Start an authority, a gate and an object store here, and do the practice with the real AWS CLI.

    Every step shows the command and its outcome. Nothing outside a temporary directory is touched.
    The exit code is 1 if any outcome is not the expected one.
    """
    output.line(
        output.Styled("A day pass lets you in for today, and tomorrow it is paper.", bold=True)
    )
    output.line("Starting an object store, an authority and a gate on this machine …")
    started = time.monotonic()
    with stage() as running:
        guide = Guide(running)
        for chapter in CHAPTERS:
            chapter(guide)
    seconds = time.monotonic() - started
    output.line("")
    if guide.surprises:
        raise Problem(
            f"{len(guide.surprises)} of {guide.steps} steps did not end as expected",
            hint="; ".join(guide.surprises),
        )
    ended = f"All {guide.steps} steps ended as they should, in {seconds:.0f} seconds."
    output.line(output.Styled(ended, fg="green"))
    output.lines(GO_ON.split("\n"))


GO_ON = (
    "What the operator and alice's sessions did was borrowed, for an hour at most. The permanent keys of this story\n"
    "are alice's, which may only ask for a role, those of admin and mallory, whom policies above them stop, and the\n"
    "store's own, which the gate alone holds.\n\n"
    "Go on: run your own authority, and become its root for fifteen minutes\n\n"
    "  daypass up --data ./daypass-data\n"
    '  eval "$(daypass root --data ./daypass-data --endpoint http://127.0.0.1:8090)"\n'
    "  aws iam create-user --user-name alice"
)


def _operator(guide: Guide) -> None:
    guide.chapter("1  The operator borrows root for fifteen minutes; root has no permanent key")
    ran = guide.step(
        "operator",
        ["daypass", "root", "--data", str(guide.stage.data), "--format", "json"],
        show=lambda out: f"expires {json.loads(out)['Expiration']}",
    )
    guide.meet("operator", json.loads(ran.out))


def _alice(guide: Guide) -> None:
    guide.chapter("2  alice may do nothing but ask for a role, and has an MFA device")
    ran = guide.step(
        "operator", ["aws", "iam", "create-user", "--user-name", "alice"], show=_pick("User", "Arn")
    )
    guide.known["alice"] = json.loads(ran.out)["User"]["Arn"]
    guide.step(
        "operator",
        ["aws", "iam", "put-user-policy", "--user-name", "alice", "--policy-name", "OnlyAssumeRole",
         "--policy-document", guide.file("only-assume.json", ONLY_ASSUME)],
    )  # fmt: skip
    ran = guide.step(
        "operator",
        ["aws", "iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", "alice",
         "--bootstrap-method", "Base32StringSeed", "--outfile", "seed"],
        show=_pick("VirtualMFADevice", "SerialNumber"),
    )  # fmt: skip
    serial = guide.known["serial"] = json.loads(ran.out)["VirtualMFADevice"]["SerialNumber"]
    seed = (guide.stage.directory / "seed").read_text()
    now = time.time()  # noqa: TID251 - alice's authenticator app has a clock
    first, second, guide.known["code"] = (_code(seed, now + at * STEP_SECONDS) for at in (-1, 0, 1))
    guide.step(
        "operator",
        ["aws", "iam", "enable-mfa-device", "--user-name", "alice", "--serial-number", serial,
         "--authentication-code1", first, "--authentication-code2", second],
    )  # fmt: skip
    ran = guide.step(
        "operator",
        ["aws", "iam", "create-access-key", "--user-name", "alice"],
        show=_pick("AccessKey", "AccessKeyId"),
    )
    guide.meet("alice", json.loads(ran.out)["AccessKey"])


def _code(seed: str, at: float) -> str:
    """Return what an authenticator app shows at that moment."""
    import pyotp

    return pyotp.TOTP(seed).at(int(at))


def _role(guide: Guide) -> None:
    guide.chapter("3  A role holds the permissions; its trust policy asks for MFA")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": guide.known["alice"]},
                "Action": "sts:AssumeRole",
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
            }
        ],
    }
    ran = guide.step(
        "operator",
        ["aws", "iam", "create-role", "--role-name", "reports-reader",
         "--assume-role-policy-document", guide.file("trust.json", trust)],
        show=_pick("Role", "Arn"),
    )  # fmt: skip
    guide.known["role"] = json.loads(ran.out)["Role"]["Arn"]
    guide.step(
        "operator",
        ["aws", "iam", "attach-role-policy", "--role-name", "reports-reader",
         "--policy-arn", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
    )  # fmt: skip


def _without_role(guide: Guide) -> None:
    guide.chapter("4  alice's own key opens neither the bucket nor the role")
    guide.step("alice", ["aws", "sts", "get-caller-identity"], show=_pick("Arn"))
    guide.step("alice", ["aws", "s3", "ls", "s3://reports"], expect="AccessDenied")
    guide.step("alice", _assume(guide), expect="AccessDenied")


def _assume(guide: Guide) -> list[str]:
    return [
        "aws",
        "sts",
        "assume-role",
        "--role-arn",
        guide.known["role"],
        "--role-session-name",
        "alice",
    ]


def _with_role(guide: Guide) -> None:
    guide.chapter("5  With a code from her device she borrows the role, for an hour")
    ran = guide.step(
        "alice",
        [
            *_assume(guide),
            "--serial-number",
            guide.known["serial"],
            "--token-code",
            guide.known["code"],
        ],
        show=lambda out: f"until {json.loads(out)['Credentials']['Expiration']}",
    )
    if ran.code:
        raise Problem("the role could not be assumed, so the rest cannot be shown", hint=error(ran))
    guide.meet("session", json.loads(ran.out)["Credentials"])
    guide.step("session", ["aws", "s3", "ls", "s3://reports"], show=_lines)
    guide.step("session", ["aws", "s3", "cp", "s3://reports/2026.csv", "-"], show=_lines)
    (guide.stage.directory / "new.csv").write_text("month,total\n")
    guide.step(
        "session", ["aws", "s3", "cp", "new.csv", "s3://reports/new.csv"], expect="AccessDenied"
    )


def _tampered(guide: Guide) -> None:
    guide.chapter("6  A token with one character changed is worth nothing")
    session = guide.people["session"]
    token = session["AWS_SESSION_TOKEN"]
    middle = len(token) // 2
    other = "A" if token[middle] != "A" else "B"
    changed = token[:middle] + other + token[middle + 1 :]
    guide.people["thief"] = {**session, "AWS_SESSION_TOKEN": changed}
    guide.step("thief", ["aws", "sts", "get-caller-identity"], expect="InvalidClientTokenId")


def _revoked(guide: Guide) -> None:
    guide.chapter("7  The role's older sessions are revoked, and the same credentials stop at once")
    moment = datetime.fromtimestamp(int(time.time()) + 1, UTC)  # noqa: TID251 - the operator's clock
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
        ["aws", "iam", "put-role-policy", "--role-name", "reports-reader",
         "--policy-name", "AWSRevokeOlderSessions",
         "--policy-document", guide.file("revoke.json", revoke)],
    )  # fmt: skip
    guide.step("session", ["aws", "s3", "ls", "s3://reports"], expect="AccessDenied")


def _log(guide: Guide) -> None:
    guide.chapter("10  The audit log has all of it, and its chain is whole")
    guide.step(
        "operator",
        ["daypass", "log", "show", "--data", str(guide.stage.data), "--last", "8"],
        show=lambda out: "\n" + "\n".join(f"        {line}" for line in out.splitlines()),
    )
    guide.step(
        "operator", ["daypass", "log", "verify", "--data", str(guide.stage.data)], show=_lines
    )


def _pick(*path: str) -> Callable[[str], str]:
    """Return a function that shows one member of a JSON answer."""

    def show(out: str) -> str:
        value = json.loads(out)
        for name in path:
            value = value[name]
        return str(value)

    return show


def _lines(out: str) -> str:
    return " | ".join(out.strip().splitlines())


CHAPTERS: tuple[Callable[[Guide], None], ...] = (
    _operator,
    _alice,
    _role,
    _without_role,
    _with_role,
    _tampered,
    _revoked,
    above_an_administrator,
    above_a_trust_policy,
    _log,
)
