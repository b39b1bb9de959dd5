"""`daypass apply` and `export` against a running authority, as a person runs them."""

import json
import re
from pathlib import Path

import pexpect
import pytest
from tests.blueprint.conftest import PROGRAM

FILE = """\
version: 1
policy-types: [SERVICE_CONTROL_POLICY, RESOURCE_CONTROL_POLICY, TAG_POLICY]
trusted-services: [ram.amazonaws.com]
resource-policy:
  Version: 2012-10-17
  Statement:
    - Effect: Allow
      Principal: {AWS: "${account:tools@example.com}"}
      Action: organizations:DescribeOrganization
      Resource: "*"
root:
  policies: [stay]
management:
  tags: {purpose: billing}
  roles:
    auditor:
      trust:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Principal: {AWS: "${account:tools@example.com}"}, Action: "sts:AssumeRole"}
      attached: [arn:aws:iam::aws:policy/ReadOnlyAccess]
policies:
  stay:
    description: nobody leaves
    content:
      Version: 2012-10-17
      Statement:
        - {Sid: Stay, Effect: Deny, Action: "organizations:LeaveOrganization", Resource: "*"}
  no-iam:
    content: {file: no-iam.json}
    tags: {owner: security}
  ours:
    type: RESOURCE_CONTROL_POLICY
    content:
      Version: 2012-10-17
      Statement:
        - Effect: Deny
          Principal: "*"
          Action: "s3:*"
          Resource: "*"
          Condition: {StringNotEquals: {"aws:PrincipalOrgID": "${organization}"}}
  names:
    type: TAG_POLICY
    content: '{"tags": {"team": {"tag_key": {"@@assign": "team"}}}}'
units:
  prod:
    policies: [no-iam, ours, names]
    tags: {stage: prod}
    units:
      web:
  "odd/name":
accounts:
  - email: web@example.com
    name: web
    unit: /prod/web
    tags: {team: web}
    managed-policies:
      limits:
        content:
          Version: 2012-10-17
          Statement: [{Effect: Allow, Action: ["s3:*", "sqs:*"], Resource: "*"}]
    groups:
      builders:
        policies:
          build:
            Version: 2012-10-17
            Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]
    users:
      robot: {groups: [builders]}
    roles:
      deployer:
        path: /ci/
        description: deploys
        max-session-seconds: 7200
        boundary: policy/limits
        tags: {team: web}
        trust:
          Version: 2012-10-17
          Statement:
            - {Effect: Allow, Principal: {AWS: "${account:management}"}, Action: ["sts:AssumeRole", "sts:TagSession"]}
        policies:
          own:
            Version: 2012-10-17
            Statement: [{Effect: Allow, Action: "sqs:SendMessage", Resource: "arn:aws:sqs:*:${account:web@example.com}:jobs"}]
        attached: [policy/limits]
  - email: tools@example.com
    name: tools
    administers: [ram.amazonaws.com]
"""
NO_IAM = """{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Deny", "Action": ["iam:CreateAccessKey", "iam:CreateLoginProfile"], "Resource": "*"}]
}
"""


@pytest.fixture
def filed(admin):
    (admin.folder / "no-iam.json").write_text(NO_IAM)
    return admin


def nothing_to_do(admin, text, *arguments):
    done = admin.apply(text, *arguments)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "nothing to do"
    return done.stdout


def test_an_organization_is_made_and_made_again_changes_nothing(filed) -> None:
    done = filed.apply(FILE, "--yes")

    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert "+ added    unit /prod/web" in done.stdout.splitlines()
    assert "done: " in done.stderr
    nothing_to_do(filed, FILE, "--prune")
    organizations = filed.live.client("organizations")
    [content] = [
        organizations.describe_policy(PolicyId=each["Id"])["Policy"]["Content"]
        for each in organizations.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
        if each["Name"] == "no-iam"
    ]

    assert content == NO_IAM


def test_what_is_exported_changes_nothing_and_makes_the_same_elsewhere(filed, another) -> None:
    assert filed.apply(FILE, "--yes").returncode == 0
    exported = filed.whole()

    nothing_to_do(filed, exported, "--prune")
    made = another.apply(exported, "--yes")
    assert made.returncode == 0, made.stderr
    nothing_to_do(another, exported, "--prune")
    assert another.whole() == exported


def test_what_the_file_no_longer_lists_goes_with_prune_and_stays_without(filed) -> None:
    assert filed.apply(FILE, "--yes").returncode == 0
    small = "version: 1\npolicies: {}\nunits: {}\naccounts: []\nroot: {}\ntrusted-services: []\npolicy-types: [SERVICE_CONTROL_POLICY]\n"

    kept = nothing_to_do(filed, small)
    assert "left alone: policy stay on /" in kept
    assert "left alone: account web (web@example.com) in /prod/web" in kept

    gone = filed.apply(small, "--prune", "--yes")
    assert gone.returncode == 0, gone.stderr
    assert "- removed  policy stay on the root" in gone.stdout
    assert "left alone: unit /prod: accounts are in it" in gone.stdout
    assert "left alone: policy no-iam: it is attached to /prod" in gone.stdout
    rest = nothing_to_do(filed, small, "--prune")
    assert "odd" not in rest

    closed = filed.apply(small, "--prune", "--close-accounts", "--yes")
    assert closed.returncode == 0, closed.stderr
    states = {
        each["Name"]: each["State"]
        for each in filed.live.client("organizations").list_accounts()["Accounts"]
    }
    assert (states["web"], states["tools"]) == ("CLOSED", "CLOSED")
    nothing_to_do(filed, small, "--prune", "--close-accounts")


def test_the_plan_says_who_gains_or_loses_what(filed) -> None:
    assert filed.apply(FILE, "--yes").returncode == 0
    web = filed.live.client("organizations").list_accounts()["Accounts"]
    account = next(each["Id"] for each in web if each["Name"] == "web")
    changed = (
        FILE.replace("unit: /prod/web", "unit: /")
        .replace('Action: "sqs:SendMessage"', 'Action: ["sqs:SendMessage", "sqs:DeleteMessage"]')
        .replace(
            "attached: [arn:aws:iam::aws:policy/ReadOnlyAccess]",
            "attached: [arn:aws:iam::aws:policy/job-function/ViewOnlyAccess]",
        )
    )
    told = filed.apply(changed, "--dry-run", "--prune").stdout

    assert "> moved    account web@example.com from unit /prod/web to the root" in told
    assert (
        f"web ({account}): gains iam:CreateAccessKey, iam:CreateLoginProfile (policy no-iam on /prod)"
        in told
    )
    assert f"resources of web ({account}): gains s3:* where " in told
    assert "gains what arn:aws:iam::aws:policy/job-function/ViewOnlyAccess says" in told
    assert filed.plan(changed)["v"] == 1


def test_nothing_is_done_without_a_yes_and_the_flag_is_named(filed) -> None:
    before = filed.whole()
    done = filed.apply(FILE)

    assert done.returncode == 2
    assert "+ added    unit /prod" in done.stdout
    assert "--yes" in done.stderr
    assert filed.whole() == before


def test_where_there_is_no_organization_one_is_made(filed) -> None:
    organizations = filed.live.client("organizations")
    organizations.delete_organization()
    assert filed.run("export").returncode == 1

    done = filed.apply(FILE, "--yes")
    assert done.returncode == 0, done.stderr
    assert "+ added    organization, with all features" in done.stdout
    assert organizations.describe_organization()["Organization"]["FeatureSet"] == "ALL"
    nothing_to_do(filed, FILE, "--prune")


def test_the_plan_as_json_is_one_object_with_its_version(filed) -> None:
    found = filed.plan(FILE)

    assert sorted(found) == ["effects", "left_alone", "steps", "v"]
    assert found["steps"][0] == {
        "do": "TrustService",
        "verb": "added",
        "what": "trusted service ram.amazonaws.com",
        "service": "ram.amazonaws.com",
    }
    assert {
        "do": "Attach",
        "verb": "added",
        "what": "policy stay on the root",
        "key": {"type": "SERVICE_CONTROL_POLICY", "name": "stay"},
        "place": "/",
    } in found["steps"]
    assert json.loads(filed.run("apply", "--schema").stdout)["required"] == ["version"]


@pytest.mark.parametrize("way", ["before", "after", "fails"])
def test_killed_or_refused_anywhere_it_goes_on_when_it_is_run_again(filed, way) -> None:
    codes = []
    for at in (1, 2, 4, 5, 7, 9, 11):
        # Each run gets further than the one before it, and dies at another step.
        done = filed.apply(FILE, "--yes", die=(way, at))
        codes.append(done.returncode)

    if way == "fails":
        assert (codes[0], set(codes[1:])) == (1, {0, 3})
    else:
        assert set(codes) <= {-9, 0}
        assert codes[0] == -9
    done = filed.apply(FILE, "--yes")
    assert done.returncode == 0, done.stderr
    nothing_to_do(filed, FILE, "--prune")


def test_a_refusal_on_the_way_says_how_far_it_got_and_is_mended_by_running_again(filed) -> None:
    broken = FILE.replace(
        '{AWS: "${account:tools@example.com}"}, Action',
        '{AWS: "arn:aws:iam::${account:management}:role/nobody"}, Action',
    )
    done = filed.apply(broken, "--yes")

    assert done.returncode == 3
    assert "MalformedPolicyDocument" in done.stderr
    assert "steps were done" in done.stderr
    again = filed.apply(FILE, "--yes")
    assert again.returncode == 0, again.stderr
    nothing_to_do(filed, FILE)


def test_another_organization_than_the_files_is_refused(filed) -> None:
    done = filed.apply("version: 1\nmanagement: {id: '000011112222'}\n", "--yes")

    assert done.returncode == 1
    assert "the file is for the organization of 000011112222" in done.stderr


def test_interrupted_it_says_how_far_it_got(filed) -> None:
    done = filed.apply(FILE, "--yes", die=("interrupted", 6))

    assert done.returncode == 130
    assert "5 of 30 steps were done; run it again to continue" in done.stderr
    assert filed.apply(FILE, "--yes").returncode == 0
    nothing_to_do(filed, FILE)


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [("n", 1, "nothing was changed"), ("y", 0, "done: 1 of 1 steps"), ("\x03", 130, "interrupted")],
)
def test_on_a_terminal_it_asks_first(filed, answer, code, words) -> None:
    (filed.folder / "small.yaml").write_text("version: 1\nunits: {lab: }\n")
    prompt = pexpect.spawn(
        PROGRAM,
        ["apply", "small.yaml"],
        cwd=str(filed.folder),
        env=filed.environ,
        encoding="utf-8",
        timeout=30,
    )
    prompt.expect("Apply this")
    prompt.send(answer if code == 130 else f"{answer}\r")
    told = prompt.read()
    prompt.close()

    assert prompt.exitstatus == code
    assert words in told


def test_the_file_of_the_document_is_one_that_can_be_applied(admin) -> None:
    document = (Path(__file__).parents[2] / "docs" / "organization-file.md").read_text()
    [example] = re.findall(r"```yaml\n(.*?)```", document, re.DOTALL)

    assert admin.apply(example, "--yes").returncode == 0
    nothing_to_do(admin, example, "--prune")


def test_the_authoritys_log_tells_which_command_its_calls_are_of(filed) -> None:
    from daypass.server.audit.log_lines import read_log

    assert filed.run("export").returncode == 0
    agents = [line.event.agent for line in read_log(filed.live.data.audit.path)]

    assert agents[-1].endswith("daypass/export")
