"""What `daypass policy explain` and `test` assume of a request, and what their texts say."""

import json

import pytest
from click.testing import CliRunner
from tests.cli.test_policy_commands import run
from tests.documents import allow, deny, policy

from daypass.cli.command_error import CommandError
from daypass.cli.explanation_text import mismatch_lines
from daypass.cli.operator.log import why
from daypass.cli.policy.commands import policy as command
from daypass.cli.policy.expectations import MISTAKES_MAX

A, B = "111122223333", "444455556666"
ALICE = f"arn:aws:iam::{A}:user/alice"
ROLE = f"arn:aws:iam::{A}:role/app"
SESSION = f"arn:aws:sts::{A}:assumed-role/app/deploy"
OBJECT = "arn:aws:s3:::b/k"


def denied_if(operator, key, value):
    """Return a policy that allows everything, but not under a condition."""
    return policy(allow(), deny(Condition={operator: {key: value}}))


class Explained:
    """Runs `explain` and `test` over policies that it writes as files, each named by its option."""

    def __init__(self, folder):
        self.folder = folder

    def explain(self, *options, principal=ALICE, action="s3:GetObject", code=None, **documents):
        arguments = ["explain", "--principal", principal, "--action", action, "--resource", OBJECT]
        for option, listed in documents.items():
            for path in self.write(option, listed):
                arguments += [f"--{option.replace('_', '-')}", path]
        done = CliRunner().invoke(command, [*arguments, *options])
        if isinstance(done.exception, CommandError):
            raise done.exception
        assert code is None or done.exit_code == code, done.output
        return done

    def write(self, name, listed):
        paths = []
        for at, text in enumerate([listed] if isinstance(listed, str) else listed):
            path = self.folder / f"{name}{at}.json"
            path.write_text(text)
            paths.append(str(path))
        return paths

    def test(self, file, *options):
        path = self.folder / "expectations.yaml"
        path.write_text(json.dumps(file))
        done = CliRunner().invoke(command, ["test", *options, str(path)])
        if isinstance(done.exception, CommandError):
            raise done.exception
        return done


@pytest.fixture
def commands(tmp_path):
    return Explained(tmp_path)


def expecting(document, *, verb="may", action="s3:GetObject", arn=ROLE, **more):
    """Return a file of expectations with one principal and one test."""
    principal = {"arn": arn, "identity": [json.loads(document)], **more}
    return {
        "principals": {"caller": principal},
        "tests": [{"who": "caller", verb: action, "on": OBJECT}],
    }


# What a server's request carries, of which commands said ALLOWED before they filled it in.
CARRIED = [
    ("Bool", "aws:MultiFactorAuthPresent", "false"),
    ("Bool", "aws:ViaAWSService", "false"),
    ("Bool", "aws:SecureTransport", "false"),
    ("Bool", "aws:PrincipalIsAWSService", "false"),
    ("Null", "aws:TokenIssueTime", "false"),
    ("Null", "aws:CurrentTime", "false"),
    ("Null", "aws:EpochTime", "false"),
    ("ArnEquals", "aws:PrincipalArn", ROLE),
    ("StringEquals", "aws:PrincipalType", "AssumedRole"),
    ("StringEquals", "aws:PrincipalAccount", A),
    ("StringEquals", "aws:ResourceAccount", A),
]


@pytest.mark.parametrize(("operator", "key", "value"), CARRIED)
def test_a_deny_on_what_every_request_of_a_role_carries_denies(
    commands, operator, key, value
) -> None:
    document = denied_if(operator, key, value)
    done = commands.explain(principal=ROLE, identity=document, code=1)

    assert done.stdout.startswith("DENIED")
    assert commands.test(expecting(document)).exit_code == 1
    assert commands.test(expecting(document, verb="may-not")).exit_code == 0


@pytest.mark.parametrize(
    ("principal", "credential", "is_denied"),
    [
        (ALICE, None, False),
        (ALICE, "access-key", False),
        (ALICE, "session", True),
        (ALICE, "mfa-session", False),
        (f"arn:aws:iam::{A}:root", "access-key", False),
    ],
)
def test_a_deny_without_mfa_depends_on_the_kind_of_credential(
    commands, principal, credential, is_denied
) -> None:
    document = denied_if("Bool", "aws:MultiFactorAuthPresent", "false")
    options = ["--credential", credential] if credential else []
    more = {"credential": credential} if credential else {}
    done = commands.explain(*options, principal=principal, identity=document)

    assert done.exit_code == is_denied
    assert commands.test(expecting(document, arn=principal, **more)).exit_code == is_denied


def test_what_was_assumed_is_printed_and_can_be_changed(commands) -> None:
    document = denied_if("Bool", "aws:SecureTransport", "false")
    assumed = commands.explain(principal=ROLE, identity=document, code=1).stdout
    given = commands.explain(
        "--context", "AWS:SecureTransport=true", principal=ROLE, identity=document, code=0
    ).stdout

    before, _, after = assumed.partition(
        "Assumed, unless --context says otherwise; these policies ask for what > marks:\n"
    )
    assert "DENIED" in before
    lines = after.splitlines()
    assert lines[0] == "  session name = session  (a role was named, not a session)"
    assert [line for line in lines if line.startswith(">")] == [
        "> aws:SecureTransport = false  (plain HTTP)"
    ]
    assert any(line.startswith("  aws:MultiFactorAuthPresent = false") for line in lines)
    assert any("aws:EpochTime" in line for line in lines)
    assert "aws:SecureTransport = false" not in given
    assert "Assumed, unless --context says otherwise:\n" in given


def test_json_says_what_was_assumed_too(commands) -> None:
    done = commands.explain("--json", identity=policy(allow()), code=0)
    found = {each["key"]: each["value"] for each in json.loads(done.stdout)["assumed"]}
    tested = commands.test(expecting(policy(allow()), arn=ALICE), "--json")

    assert found["aws:MultiFactorAuthPresent"] is None
    assert found["aws:ViaAWSService"] == "false"
    assert found.keys() == {each["key"] for each in json.loads(tested.stdout)["assumed"]}


def test_a_live_principal_is_asked_over_the_connection_that_it_has(live) -> None:
    """`--as` reads the authority over plain HTTP, which is how the principal would call it."""
    live.user("insecure", allow(), deny(Condition={"Bool": {"aws:SecureTransport": "false"}}))
    arn = live.client("iam").get_user(UserName="insecure")["User"]["Arn"]
    key = live.root()
    done = run(
        *("explain", "--as", arn, "--action", "s3:GetObject", "--resource", OBJECT),
        AWS_ACCESS_KEY_ID=key["AccessKeyId"],
        AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"],
        AWS_SESSION_TOKEN=key["SessionToken"],
        AWS_ENDPOINT_URL=live.url,
        AWS_CONFIG_FILE="/dev/null",
    )

    assert done.returncode == 1, done.stderr
    assert "aws:SecureTransport = false  (plain HTTP)" in done.stdout
    assert "no SCPs, no RCPs  (--organization-profile reads those above" in done.stdout


def test_a_session_has_the_name_that_it_was_given(commands) -> None:
    bucket = policy({**allow(), "Principal": {"AWS": SESSION}})
    named = {"session-name": "deploy"}

    assert commands.explain(principal=SESSION, resource_policy=bucket).exit_code == 0
    assert commands.explain(principal=ROLE, resource_policy=bucket).exit_code == 1
    done = commands.explain(
        "--session-name", "deploy", principal=ROLE, resource_policy=bucket, code=0
    )
    assert "session name" not in done.stdout
    assert "role = arn" in commands.explain(principal=SESSION, resource_policy=bucket).stdout
    file = expecting(policy(), **named) | {
        "resources": {"b": {"arn": OBJECT, "policy": json.loads(bucket)}}
    }
    assert commands.test(file).exit_code == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--credential", "access-key"], "temporary credentials"),
        (["--credential", "mfa-session"], "temporary credentials"),
    ],
)
def test_a_credential_that_a_role_cannot_have_is_refused(commands, options, words) -> None:
    with pytest.raises(CommandError, match=words):
        commands.explain(*options, principal=ROLE, identity=policy(allow()))


def test_the_name_of_a_session_is_a_role_s_alone(commands) -> None:
    with pytest.raises(CommandError, match="is not a role"):
        commands.explain("--session-name", "x", identity=policy(allow()))


def test_across_accounts_the_text_says_which_of_them_allows(commands) -> None:
    bucket = policy({**allow(), "Principal": {"AWS": A}})
    options = ["--resource-account", B]

    both = commands.explain(*options, identity=policy(allow()), resource_policy=bucket, code=0)
    one = commands.explain(*options, identity=policy(allow()), code=1)
    other = commands.explain(*options, resource_policy=bucket, code=1)

    said = "Both accounts must allow it: {}, the caller's, {}; {}, the resource's, {}."
    assert said.format(A, "does", B, "does") in both.stdout
    assert said.format(A, "does", B, "does not") in one.stdout
    assert said.format(A, "does not", B, "does") in other.stdout
    assert "Both accounts" not in commands.explain(identity=policy(allow()), code=0).stdout


def test_a_role_of_another_account_belongs_to_the_account_in_its_arn(commands) -> None:
    """The principal's account was taken, so that one account's policies seemed enough."""
    role = f"arn:aws:iam::{B}:role/theirs"
    trust = policy({"Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "sts:AssumeRole"})
    done = commands.explain(
        "--resource", role, action="sts:AssumeRole", resource_policy=trust, code=1
    )
    file = expecting(policy(), verb="may-not", action="sts:AssumeRole", arn=ALICE)
    file["tests"][0]["on"] = role
    file["resources"] = {"theirs": {"arn": role, "policy": json.loads(trust)}}

    assert f"Both accounts must allow it: {A}, the caller's, does not;" in done.stdout
    assert commands.test(file).exit_code == 0
    assert "aws:ResourceAccount" not in done.stdout
    bucket = commands.explain(identity=policy(allow()), code=0).stdout
    assert f"aws:ResourceAccount = {A}  (the caller's account, because" in bucket


def test_the_text_says_which_names_a_not_principal_lacks(commands) -> None:
    bucket = policy({**deny(), "NotPrincipal": {"AWS": ROLE}})
    said = "NotPrincipal exempts a caller only if it lists all of its names; it lacks "
    done = commands.explain(principal=SESSION, identity=policy(allow()), resource_policy=bucket)
    bounded = commands.explain(
        identity=policy(allow()), boundary=policy(allow()), code=1,
        resource_policy=policy({**deny(), "NotPrincipal": {"AWS": [ALICE, A]}}),
    )  # fmt: skip

    assert f"{said}{SESSION} and {A}." in done.stdout
    assert "exempts no caller that has a permissions boundary" in bounded.stdout


def test_the_text_says_which_level_and_file_of_scps_allows_nothing(commands) -> None:
    scps = [policy(allow()), policy(allow("ec2:*")), policy(allow())]
    done = commands.explain(identity=policy(allow()), scp=scps, code=1)

    assert "No service control policy allows it." in done.stdout
    path = commands.folder / "scp1.json"
    assert (
        "Each level of SCPs must allow it; at level 1 below the root,"
        f" no statement of {path} allows it." in done.stdout
    )
    root = commands.explain(identity=policy(allow()), scp=[policy(allow("ec2:*"))], code=1)
    assert "at the root, no statement of" in root.stdout


def test_the_reasons_of_a_logged_refusal_say_the_same() -> None:
    because = {
        "layer": "service control policy",
        "silent_levels": [{"level": 1, "policies": ["p-1"]}],
        "sides": [
            {"side": "caller", "account": A, "allows": False},
            {"side": "resource", "account": B, "allows": True},
        ],
        "statements": [],
        "missing_keys": [],
    }

    assert [*why._reason_lines({"because": because, "explicitDeny": False})][1:] == [
        "Each level of SCPs must allow it; at level 1 below the root, no statement of p-1 allows it.",
        f"Both accounts must allow it: {A}, the caller's, does not; {B}, the resource's, does.",
    ]


def test_a_level_without_policies_is_named_too(tmp_path) -> None:
    question = {
        "v": 1,
        "request": {
            "principal": {"kind": "user", "arn": ALICE, "account": A},
            "action": "s3:GetObject",
            "resource": OBJECT,
            "resource_account": A,
        },
        "policies": {"identity": [json.loads(policy(allow()))], "scp": [[]]},
    }
    path = tmp_path / "question.json"
    path.write_text(json.dumps(question))
    done = CliRunner().invoke(command, ["explain", str(path)])

    assert "at the root, no policy is attached." in done.stdout
    assert "Assumed" not in done.stdout


@pytest.mark.parametrize(
    ("wanted", "found", "text"),
    [
        ([""], None, 'wanted ""; the request has no such key'),
        (["", "a"], "", 'wanted "" or a; found ""'),
        (["a b", " a"], [" ", "a"], 'wanted a b or " a"; found " " or a'),
        (["a"], [], "wanted a; found an empty list"),
    ],
)
def test_a_value_that_would_not_be_seen_is_in_quotation_marks(wanted, found, text) -> None:
    condition = {"operator": "StringLike", "key": "k", "wanted": wanted, "found": found}
    stopped = {"stopped_by": "Condition", "conditions": [{**condition, "holds": False}]}

    assert [*mismatch_lines(stopped)] == [f"StringLike k: {text}"]


def test_what_a_negated_element_wants_is_anything_else() -> None:
    stopped = {"stopped_by": "Resource", "wanted": {"NotResource": ["a", "b"]}, "found": "a"}

    assert [*mismatch_lines(stopped)] == ["NotResource: wanted anything but a or b; found a"]


def test_a_permission_that_rests_on_an_absent_key_says_on_which(commands) -> None:
    document = denied_if("IpAddress", "aws:SourceIp", "10.0.0.0/8")
    done = commands.explain(identity=document, code=0)
    path = commands.folder / "identity0.json"

    assert "Allowed because the request has no aws:SourceIp:" in done.stdout
    assert f"  with aws:SourceIp, {path}, statement 2, lines 1-1 may deny it" in done.stdout
    given = commands.explain("--context", "aws:SourceIp=192.0.2.1", identity=document, code=0)
    assert "Allowed because" not in given.stdout
    resting = policy(allow(Condition={"StringNotEquals": {"aws:PrincipalTag/team": "red"}}))
    upheld = commands.explain(identity=resting, code=0).stdout
    assert "with aws:PrincipalTag/team," in upheld
    assert "may not allow it" in upheld


def test_an_expectation_that_rests_on_an_absent_key_is_counted_and_shown(commands) -> None:
    file = expecting(denied_if("IpAddress", "aws:SourceIp", "10.0.0.0/8"))
    plain, verbose = commands.test(file), commands.test(file, "-v")
    data = json.loads(commands.test(file, "--json").stdout)

    assert plain.stdout == (
        "1 expectations, 0 not met; 1 rest on absent condition keys, which -v shows\n"
    )
    assert "Allowed because the request has no aws:SourceIp:" in verbose.stdout
    assert data["rests_on_absent"][0]["keys"] == ["aws:SourceIp"]


def test_a_line_that_is_not_met_says_why(commands) -> None:
    document = policy(allow("s3:GetObject", "arn:aws:s3:::b/${aws:userid}"), allow("s3:Put*"))
    missed = commands.test(expecting(document))
    data = json.loads(commands.test(expecting(document), "--json").stdout)
    secure = commands.test(expecting(denied_if("Bool", "aws:SecureTransport", "false")))

    assert missed.exit_code == 1
    assert "NOT MET caller may s3:GetObject on arn:aws:s3:::b/k  (line 1)" in missed.stdout
    assert "        No identity-based policy allows it." in missed.stdout
    assert "Resource: wanted arn:aws:s3:::b/${aws:userid}; found arn:aws:s3:::b/k" in missed.stdout
    assert data["because"]["refused_by"] == ["identity-based policy"]
    assert "aws:SecureTransport = false  (plain HTTP)" in secure.stdout
    assert "aws:ViaAWSService" not in secure.stdout


def test_an_action_that_does_not_exist_is_refused_with_its_line(tmp_path) -> None:
    path = tmp_path / "expectations.yaml"
    path.write_text(
        f"tests:\n- who: {ALICE}\n  may-not: s3:GetObject\n  on: {OBJECT}\n"
        f"- who: {ALICE}\n  may-not: [s3:PutObject, s3:DeletObject]\n  on: {OBJECT}\n"
        f"- who: {ALICE}\n  may: iam:GetUsr\n"
    )
    done = run("test", str(path))

    assert done.returncode == 2
    assert (
        f"{path}:5: there is no action `s3:DeletObject`; did you mean `s3:DeleteObject`?"
        in done.stderr
    )
    assert f"{path}:8: there is no action `iam:GetUsr`" in done.stderr
    assert done.stdout == ""


def test_only_so_many_actions_that_do_not_exist_are_reported(commands) -> None:
    actions = [f"s3:Get{number}" for number in range(2 * MISTAKES_MAX)]
    with pytest.raises(CommandError) as refused:
        commands.test({"tests": [{"who": ALICE, "may": actions, "on": OBJECT}]})

    assert 1 + len(refused.value.details) == MISTAKES_MAX


def test_actions_of_one_s_own_are_listed_in_the_file(commands) -> None:
    file = expecting(policy(allow("app:*")), action="App:Read") | {"actions": ["app:Read"]}

    assert commands.test(file).exit_code == 0
    with pytest.raises(CommandError, match="there is no service `App`"):
        commands.test({**file, "actions": []})


def test_explain_warns_of_an_action_that_does_not_exist(commands) -> None:
    done = commands.explain(action="s3:DeletObject", identity=policy(allow()), code=0)

    assert "warning: there is no action `s3:DeletObject`; did you mean" in done.stderr
    assert done.stdout.startswith("ALLOWED")


@pytest.mark.parametrize(
    ("principal", "words"),
    [
        ({"arn": ROLE, "credential": "access-key"}, "temporary credentials"),
        ({"arn": ALICE, "credential": "password"}, "is one of access-key, session, mfa-session"),
        ({"arn": ALICE, "session-name": "x"}, "is not a role"),
    ],
)
def test_a_principal_that_cannot_be_is_refused(commands, principal, words) -> None:
    file = {
        "principals": {"caller": principal},
        "tests": [{"who": "caller", "may": "s3:GetObject", "on": OBJECT}],
    }
    with pytest.raises(CommandError, match=words):
        commands.test(file)
