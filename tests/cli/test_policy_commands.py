"""`daypass policy explain` and `simulate`, run as a user runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.documents import allow, deny, policy

PROGRAM = str(Path(sys.executable).parent / "daypass")
A = "111122223333"
ALICE = f"arn:aws:iam::{A}:user/alice"
DOCUMENT = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Read",
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:ListBucket"],
      "Resource": "arn:aws:s3:::reports/${aws:username}/*",
      "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    },
    {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::reports/alice/secret*"}
  ]
}
"""


def run(*arguments, text="", **more):
    return subprocess.run(
        [PROGRAM, "policy", *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **more},
    )


@pytest.fixture
def alice(tmp_path):
    path = tmp_path / "alice.json"
    path.write_text(DOCUMENT)

    def explain(resource, *more):
        return run(
            "explain",
            "--principal",
            ALICE,
            "--identity",
            str(path),
            "--action",
            "s3:GetObject",
            "--resource",
            f"arn:aws:s3:::{resource}",
            *more,
        )

    return explain


def test_an_allowed_request_is_shown_with_the_lines_that_allow_it(alice) -> None:
    done = alice("reports/alice/may", "--context", "aws:SourceIp=10.1.1.1")

    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.splitlines()
    assert first == "ALLOWED  s3:GetObject on arn:aws:s3:::reports/alice/may"
    assert any("statement 1 (Read), lines 4-10" in line for line in rest)
    assert [line for line in rest if line.startswith(">")][1] == '>    5 |       "Sid": "Read",'
    assert "\x1b" not in done.stdout


def test_a_deny_that_cannot_be_read_says_what_could_not(alice, tmp_path) -> None:
    path = tmp_path / "deny.json"
    statement = {
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "10.0.0.0/33"]}},
    }
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    done = alice(
        "reports/alice/may", "--identity", str(path), "--context", "aws:SourceIp=192.0.2.1"
    )

    assert done.returncode == 1, done.stderr
    assert (
        "NotIpAddress aws:SourceIp cannot read 10.0.0.0/33; an unreadable value does not stop a Deny."
        in done.stdout
    )
    assert "192.0.2.0/24," not in done.stdout


def test_an_explicit_denial_names_its_statement_and_exits_with_one(alice) -> None:
    done = alice("reports/alice/secret", "--context", "aws:SourceIp=10.1.1.1")

    assert done.returncode == 1
    assert done.stdout.startswith("DENIED  s3:GetObject")
    assert "The identity-based policy denies it" in done.stdout
    assert "statement 2, lines 11-11" in done.stdout


def test_a_silent_denial_says_what_was_close_and_what_it_lacked(alice) -> None:
    done = alice("reports/alice/may")

    assert done.returncode == 1
    assert "No identity-based policy allows it." in done.stdout
    assert "IpAddress aws:SourceIp: wanted 10.0.0.0/8; the request has no such key" in done.stdout
    assert "Condition keys that the request lacks: aws:SourceIp" in done.stdout


def test_an_action_on_all_buckets_is_explained_and_tested_on_the_arn_that_aws_documents(
    tmp_path,
) -> None:
    lists = tmp_path / "lists.json"
    lists.write_text(policy(allow("s3:ListAllMyBuckets", "arn:aws:s3:::*")))
    asked = ("--principal", ALICE, "--identity", str(lists), "--resource", "*", "--json")
    explained = run("explain", *asked, "--action", "s3:ListAllMyBuckets")
    expected = tmp_path / "expected.yaml"
    expected.write_text(
        f"principals:\n  alice: {{arn: '{ALICE}', identity: [lists.json]}}\n"
        "tests:\n  - {who: alice, may: 's3:ListAllMyBuckets', may-not: 's3:GetObject'}\n"
    )

    assert (explained.returncode, json.loads(explained.stdout)["decision"]) == (0, "Allowed")
    tested = run("test", str(expected))
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_json_has_everything_that_was_looked_at(alice) -> None:
    done = alice("reports/bob/may", "--json", "--context", "AWS:SourceIp=10.1.1.1")
    found = json.loads(done.stdout)

    assert done.returncode == 1
    assert found["decision"] == "ImplicitlyDenied"
    assert found["because"]["refused_by"] == ["identity-based policy"]
    first, second = found["because"]["statements"]
    assert first["stopped_by"] == "Resource"
    assert first["wanted"] == {"Resource": ["arn:aws:s3:::reports/alice/*"]}
    assert first["policy"].endswith("alice.json")
    assert first["lines"] == [4, 10]
    assert second["stopped_by"] == "Resource"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--principal", ALICE, "--action", "s3:GetObject", "--resource", "b"], "an ARN of six parts"),
        (["--principal", ALICE, "--action", "GetObject", "--resource", "*"], "service:Name"),
        (["--principal", "alice", "--action", "s3:GetObject", "--resource", "*"], "is not a principal"),
        (["--action", "s3:GetObject", "--resource", "*"], "--principal or --as"),
        (["--principal", ALICE, "--resource", "*"], "--action is missing"),
        (["--principal", ALICE, "--action", "s3:GetObject", "--resource", "*", "--context", "x"], "KEY=VALUE"),
        (["--principal", "anonymous", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::b"], "--resource-account"),
        (["--principal", ALICE, "--action", "s3:GetObject", "--resource", "*", "--identity", "-"], "standard input: Syntax errors in policy. (Statement)"),
    ],
)  # fmt: skip
def test_wrong_use_is_told_with_a_way_out(arguments, words) -> None:
    done = run("explain", *arguments, text="{}")

    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""


def test_a_live_principal_is_explained_with_the_policies_that_it_has(live) -> None:
    live.user("explained")
    iam = live.client("iam")
    iam.create_group(GroupName="explainers")
    iam.put_group_policy(GroupName="explainers", PolicyName="read", PolicyDocument=DOCUMENT)
    iam.add_user_to_group(GroupName="explainers", UserName="explained")
    arn = iam.get_user(UserName="explained")["User"]["Arn"]
    key = live.root()
    environ = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        "AWS_SESSION_TOKEN": key["SessionToken"],
        "AWS_ENDPOINT_URL": live.url,
        "AWS_CONFIG_FILE": "/dev/null",
    }

    allowed = run(
        "explain",
        "--as",
        arn,
        "--action",
        "s3:GetObject",
        "--resource",
        "arn:aws:s3:::reports/explained/x",
        "--context",
        "aws:SourceIp=10.0.0.1",
        **environ,
    )
    denied = run(
        "explain",
        "--as",
        arn,
        "--action",
        "s3:PutObject",
        "--resource",
        "arn:aws:s3:::reports/explained/x",
        **environ,
    )
    nobody = run(
        "explain", "--as", f"{arn}x", "--action", "s3:PutObject", "--resource", "*", **environ
    )

    assert allowed.returncode == 0, allowed.stderr
    assert "group explainers: read, statement 1 (Read)" in allowed.stdout
    assert denied.returncode == 1, denied.stderr
    assert nobody.returncode == 1
    assert "cannot be read" in nobody.stderr


QUESTION = {
    "v": 1,
    "id": "q",
    "request": {
        "principal": {"kind": "user", "arn": ALICE, "account": A},
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::reports/may",
        "resource_account": A,
        "context": {"aws:TagKeys": ["a", "b"]},
    },
    "policies": {
        "identity": [{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}]
    },
}


def changed(path, value):
    """The question with one member set, or removed where the value is `...`."""
    found = json.loads(json.dumps(QUESTION))
    at = found
    for name in path[:-1]:
        at = at[name]
    if value is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return found


ERRORS = [
    (("v",), 2, "only version 1"),
    (("request",), ..., "request: is missing"),
    (("request", "context"), {"a": "1", "A": "2"}, "two spellings"),
    (("policies", "identity"), ["{}"], "policies.identity[0]: Syntax errors in policy. (Statement)"),
]  # fmt: skip


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_answers_come_in_order_and_a_bad_line_has_its_error_in_its_place(jobs) -> None:
    lines, expected = [], []
    for number, (path, value, words) in enumerate(ERRORS * 110, start=1):
        lines += [json.dumps(changed(path, value)), json.dumps({**QUESTION, "id": str(number)})]
        expected += [words, str(number)]
    done = run("simulate", "--jobs", jobs, text="\n".join(lines))
    found = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.returncode == 0, done.stderr
    assert len(found) == len(lines)
    for number, (answer, wanted) in enumerate(zip(found, expected, strict=True), start=1):
        if number % 2:
            assert wanted in answer["error"]
            assert answer["line"] == number
            assert "decision" not in answer
        else:
            assert answer == {"v": 1, "id": wanted, "decision": "Allowed"}


def test_lines_that_are_no_json_are_errors_too() -> None:
    twice = json.dumps(QUESTION).replace('"v": 1', '"v": 1, "v": 1')
    done = run(
        "simulate", text=f"nonsense\n\n{twice}\n[{'[' * 5000}\n" + '{"v": 1, "id": "\\ud800"}\n'
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]

    assert [answer["line"] for answer in found] == [1, 2, 3, 4, 5]
    assert {answer["error"] for answer in found} == {"the line is not JSON, or has a member twice"}
    assert found[2]["id"] == "q"


def test_reasons_are_added_on_request() -> None:
    done = run("simulate", "--explain", text=json.dumps(QUESTION))
    found = json.loads(done.stdout)

    assert found["because"]["layer"] == "identity-based policy"
    assert found["because"]["statements"][0]["applies"] is True


def test_an_answer_comes_before_the_next_question_is_asked() -> None:
    with subprocess.Popen(
        [PROGRAM, "policy", "simulate"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        for number in range(3):
            program.stdin.write(json.dumps({**QUESTION, "id": str(number)}) + "\n")
            program.stdin.flush()
            assert json.loads(program.stdout.readline())["id"] == str(number)
        program.stdin.close()
        assert program.wait() == 0


def test_the_interface_for_programs_loads_quickly_and_nothing_of_a_server() -> None:
    script = "import sys, daypass.policy; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())

    assert (
        not {
            "sqlalchemy",
            "uvicorn",
            "botocore",
            "cryptography",
            "asyncio",
            "msgspec",
            "daypass.state",
            "daypass.server",
        }
        & loaded
    )
    assert len(loaded) < 200


GOOD = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}'


def test_a_document_is_judged_from_standard_input() -> None:
    accepted = run("lint", "--type", "managed", "--json", "-", text=GOOD)
    assert accepted.returncode == 0
    assert json.loads(accepted.stdout) == {
        "v": 1,
        "file": "standard input",
        "type": "managed",
        "accepted": True,
        "findings": [],
    }

    warned = run(
        "lint", "--type", "identity", "--json", "-", text=GOOD.replace("GetObject", "GetObjct")
    )
    assert warned.returncode == 0
    assert [each["code"] for each in json.loads(warned.stdout)["findings"]] == ["unknown-action"]

    refused = run(
        "lint", "--type", "managed", "--json", "-", text=GOOD.replace("2012-10-17", "2008-10-17")
    )
    assert refused.returncode == 1
    found = json.loads(refused.stdout)
    assert found["accepted"] is False
    assert (
        found["findings"][0]["message"] == "Policy document must be version 2012-10-17 or greater."
    )


def test_lint_tells_line_and_column_as_text_and_as_sarif(tmp_path) -> None:
    path = tmp_path / "p.json"
    path.write_text(DOCUMENT.replace("s3:ListBucket", "s3:ListBuckt"))
    done = run("lint", str(path))
    assert done.returncode == 0
    assert (
        f"{path}:7:34: warning: there is no action `s3:ListBuckt`; did you mean `s3:ListBucket`? [unknown-action]"
        in done.stdout
    )
    assert done.stdout.splitlines()[-1] == "1 document: 0 errors, 2 warnings"

    log = json.loads(run("lint", "--format", "sarif", str(path)).stdout)
    assert log["version"] == "2.1.0"
    (first, _) = log["runs"][0]["results"]
    assert first["ruleId"] == "unknown-action"
    assert first["locations"][0]["physicalLocation"]["region"]["startLine"] == 7
    assert run("lint", "--errors-only", str(path)).stdout == "1 document: no findings\n"
    assert run("lint", str(tmp_path / "none.json")).returncode == 2


def test_an_invalid_document_is_told_with_a_hint_at_the_wrong_name() -> None:
    misspelt = GOOD.replace('"Effect"', '"Conditon":{},"Effect"')
    done = run("lint", "--type", "identity", "-", text=misspelt)

    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "standard input:1:39: invalid: Syntax errors in policy. [invalid]",
        '  hint: a statement has no member "Conditon"; did you mean "Condition"?',
        "1 document: 1 invalid, 0 errors, 0 warnings",
    ]
    (found,) = json.loads(run("lint", "--json", "-", text=misspelt).stdout)["findings"]
    assert (found["severity"], found["hint"][:11]) == ("invalid", "a statement")
    log = json.loads(run("lint", "--format", "sarif", "-", text=misspelt).stdout)
    assert log["runs"][0]["results"][0]["level"] == "error"


def test_a_finding_that_is_meant_so_is_waived_with_a_reason(tmp_path) -> None:
    path, waivers = tmp_path / "p.json", tmp_path / "waivers"
    path.write_text(GOOD.replace("GetObject", "GetObjct"))

    def waive(line):
        waivers.write_text(f"# what is meant so\n\n{line}\n")
        return run("lint", "--type", "identity", "--waivers", str(waivers), str(path))

    for place in ("1", "Statement[0]", "Statement[0].Action[0]"):
        done = waive(f"{path}:{place} unknown-action comes with the next release")
        assert (done.returncode, done.stdout) == (0, "1 document: no findings\n")
    for line, words in (
        (f"{path}:1 unknown-action", "waivers:3: this is no waiver"),
        ("unknown-action because", "waivers:3: this is no waiver"),
        (f"{path}:2 unknown-action on another line", "waivers:3: no finding unknown-action"),
        (f"{path}:Statement[01] unknown-action elsewhere", "no finding unknown-action"),
        (f"{path}:1 never another code", "no finding never"),
    ):
        done = waive(line)
        assert done.returncode == 2
        assert words in done.stderr
    path.write_text(GOOD.replace("Allow", "Alow"))
    assert waive(f"{path}:1 invalid it cannot be waived").returncode == 2


EXPECTATIONS = """
principals:
  alice:
    arn: arn:aws:iam::111122223333:user/alice
    identity: [alice.json]
    tags: {team: red}
    context: {aws:SourceIp: 10.0.0.1}
  reader:
    arn: arn:aws:iam::444455556666:role/reader
    identity:
      - Version: 2012-10-17
        Statement: {Effect: Allow, Action: "s3:*", Resource: "*"}
resources:
  reports:
    arn: arn:aws:s3:::reports
    account: "111122223333"
    policy:
      Version: 2012-10-17
      Statement:
        Effect: Allow
        Principal: {AWS: "arn:aws:iam::444455556666:role/reader"}
        Action: s3:GetObject
        Resource: arn:aws:s3:::reports/shared/*
tests:
  - who: alice
    may: s3:GetObject
    on: arn:aws:s3:::reports/alice/may
  - who: alice
    may-not: [s3:GetObject, s3:DeleteObject]
    on: [arn:aws:s3:::reports/alice/secret, arn:aws:s3:::reports/bob/may]
  - name: across accounts
    who: reader
    may: s3:GetObject
    may-not: s3:PutObject
    on: arn:aws:s3:::reports/shared/x
  - who: anonymous
    may-not: s3:GetObject
    on: arn:aws:s3:::reports/shared/x
    context: {aws:SecureTransport: true}
"""


@pytest.fixture
def expectations(tmp_path):
    (tmp_path / "alice.json").write_text(DOCUMENT)
    path = tmp_path / "expectations.yaml"
    path.write_text(EXPECTATIONS)
    return path


def test_expectations_that_are_met(expectations) -> None:
    done = run("test", str(expectations))

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "8 expectations, 0 not met\n"
    assert (
        "ok      across accounts: reader may not s3:PutObject"
        in run("test", "-v", str(expectations)).stdout
    )


def test_an_expectation_that_is_not_met_is_told_with_the_statement(expectations) -> None:
    expectations.write_text(EXPECTATIONS.replace("may: s3:GetObject", "may-not: s3:GetObject", 1))
    done = run("test", str(expectations))

    assert done.returncode == 1
    assert (
        "NOT MET alice may not s3:GetObject on arn:aws:s3:::reports/alice/may  (line 25)"
        in done.stdout
    )
    assert "statement 1 (Read)" in done.stdout
    answers = [
        json.loads(line) for line in run("test", "--json", str(expectations)).stdout.splitlines()
    ]
    assert [answer["met"] for answer in answers] == [False, *[True] * 7]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tests: []\n", "1: `tests` is a list"),
        ("tests: [{who: alice}]\n", "a test says `who`"),
        ("tests: [{who: alice, may: 's3:GetObject', foo: 1}]\n", "a test has no `foo`"),
        ("tests: [{who: alice, may: 's3:GetObject'}]\n", "is not a principal"),
        ("tests: []\ntests: []\n", "2: found duplicate key"),
        ("- x\n", "the file is a mapping"),
        ("tests:\n  - {who: 'arn:aws:iam::111122223333:user/x', may: 's3:GetObject'}\n  - alice may read\n", "3: a test is a mapping"),
        ("resources: {r: 5}\ntests: [{who: anonymous, may: 's3:GetObject'}]\n", "resource r is a mapping"),
        ("tests: [{who: 'arn:aws:iam::111122223333:user/x', may: 's3:GetObject', context: 5}]\n", "context is a mapping"),
        ("principals: {a: {arn: 'arn:aws:iam::111122223333:user/x', tags: 5}}\ntests: [{who: a, may: 's3:GetObject'}]\n", "tags is a mapping"),
        ("tests: [{who: 'arn:aws:iam::111122223333:user/x', may: GetObject}]\n", "service:Name"),
        ("principals: {a: {arn: 'arn:aws:iam::111122223333:user/x', identity: [none.json]}}\ntests: [{who: a, may: 's3:GetObject'}]\n", "none.json cannot be read"),
        ("principals: {a: {arn: 'arn:aws:iam::111122223333:user/x', identity: [{}]}}\ntests: [{who: a, may: 's3:GetObject'}]\n", "the policy in"),
    ],
)  # fmt: skip
def test_a_file_of_expectations_that_cannot_be_read_is_told(expectations, text, words) -> None:
    expectations.write_text(text)
    done = run("test", str(expectations))

    assert done.returncode == 2
    assert words in done.stderr


def test_what_stands_above_a_live_principal_is_read_by_whom_may(live, tmp_path) -> None:
    organizations = live.client("organizations")
    asked = organizations.create_account(AccountName="above", Email="above@example.com")
    done = organizations.describe_create_account_status(
        CreateAccountRequestId=asked["CreateAccountStatus"]["Id"]
    )
    account = done["CreateAccountStatus"]["AccountId"]
    here = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-*/"}}
    content = policy(deny("s3:*", Sid="Home", Condition=here))
    made = organizations.create_policy(
        Name="above", Type="SERVICE_CONTROL_POLICY", Description="", Content=content
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=made, TargetId=account)
    member = live.root(account=account)
    live.client("iam", member).create_user(UserName="admin")
    live.client("iam", member).attach_user_policy(
        UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )
    management = live.root()
    (tmp_path / "config").write_text(
        f"[profile management]\nendpoint_url = {live.url}\nregion = us-east-1\naws_access_key_id = {management['AccessKeyId']}\n"
        f"aws_secret_access_key = {management['SecretAccessKey']}\naws_session_token = {management['SessionToken']}\n"
    )
    environ = {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_ENDPOINT_URL": live.url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": member["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": member["SecretAccessKey"],
        "AWS_SESSION_TOKEN": member["SessionToken"],
    }
    arguments = [
        "explain",
        "--as",
        f"arn:aws:iam::{account}:user/admin",
        "--action",
        "s3:GetObject",
        "--resource",
        "arn:aws:s3:::b/k",
    ]
    alone = run(*arguments, **environ)
    stopped = run(*arguments, "--organization-profile", "management", **environ)

    assert (alone.returncode, alone.stdout.splitlines()[0]) == (
        0,
        "ALLOWED  s3:GetObject on arn:aws:s3:::b/k",
    ), alone.stderr
    assert stopped.returncode == 1, stopped.stderr
    assert (
        f"The service control policy denies it: above on {account}, statement 1 (Home)"
        in stopped.stdout
    )
    organizations.detach_policy(PolicyId=made, TargetId=account)
    organizations.delete_policy(PolicyId=made)
    organizations.remove_account_from_organization(AccountId=account)
