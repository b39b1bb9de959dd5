"""`daypass person`, `assign` and `sign-in`, with the installed program, without and with a server."""

import io
import json
import re
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace
from tests.installed import run_installed
from tests.server.operator.people import (
    ACCOUNT,
    ALICE,
    EVENT,
    READ_ONLY,
    locked,
    logged,
    make_data,
    put,
    some_people,
    take_instance_away,
)

from daypass.cli import main
from daypass.cli.operator.people import commands
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.server import clock
from daypass.state.changes import Changes, Put
from daypass.state.data_directory.open_directory import open_data
from daypass.state.data_directory.unlocked_reading import read_without_lock


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "d"
    put(path, *some_people(make_data(path)))
    return path


@dataclass
class Ended:
    """A command that has ended, as `subprocess` describes it."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments):
    """Run a command in this process, whose standard input is no terminal."""
    out, err = io.StringIO(), io.StringIO()
    words = ["daypass", *map(str, arguments)]
    with (
        patch.object(sys, "argv", words),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main.main()
    return Ended(ended.value.code, out.getvalue(), err.getvalue())


def test_a_person_is_added_once_whatever_the_names_case(data) -> None:
    asked = run("person", "add", "bob", "--data", data)
    tried = run("person", "add", "bob", "--data", data, "--dry-run")
    names = ("--given-name", "Bob", "--display-name", "Bob Example", "--email", "b@example.com")
    made = run("person", "add", "bob", "--data", data, "--yes", *names)
    again = run("person", "add", "BOB", "--data", data, "--yes")

    assert (asked.returncode, tried.stdout) == (2, "to add: bob\n")
    assert "hint: --yes continues without asking" in asked.stderr
    assert made.stdout.splitlines()[0] == "to add: bob (Bob Example, b@example.com)"
    assert re.fullmatch(r"added bob  [0-9a-f-]{36}", made.stdout.splitlines()[1])
    assert made.stderr == "daypass assign bob PERMISSION-SET ACCOUNT\n"
    assert (again.returncode, again.stderr) == (
        1,
        "error: ConflictException: Duplicate UserName\nhint: daypass person list\n",
    )


def test_a_name_that_no_person_may_have_is_refused_before_the_question(data) -> None:
    refused = run("person", "add", "two words", "--data", data)

    assert refused.returncode == 1
    assert refused.stderr.startswith("error: ValidationException: ")
    assert refused.stdout == ""


def test_people_are_listed_and_shown_with_what_they_may_reach(data) -> None:
    assigned = run("assign", "developers", "ReadOnly", "first", "--data", data, "--yes")
    run("person", "disable", "alice", "--data", data, "--yes")
    listed = run("person", "list", "--data", data)
    [line] = run("person", "list", "--data", data, "--json").stdout.splitlines()
    shown = run("person", "show", "alice", "--data", data)
    [told] = run("person", "show", "alice", "--data", data, "--json").stdout.splitlines()

    assert assigned.stdout == (f"to assign: ReadOnly in {ACCOUNT} to group Developers\nassigned\n")
    assert listed.stdout == f"{'Alice':<24}  disabled  -\n"
    assert json.loads(line) == {
        "id": ALICE,
        "name": "Alice",
        "display_name": "",
        "email": "",
        "enabled": False,
    }
    assert shown.stdout.splitlines() == [
        f"Alice  disabled  {ALICE}",
        "  groups  Developers",
        f"  {ACCOUNT}  {'ReadOnly':<32}  by Developers",
        "  none of it until: daypass person enable Alice",
    ]
    assert json.loads(told)["access"] == [
        {
            "account": ACCOUNT,
            "account_name": "first",
            "permission_set": "ReadOnly",
            "group": "Developers",
        }
    ]


def test_a_person_is_disabled_once_and_enabled_again(data) -> None:
    asked = run("person", "disable", "ALICE", "--data", data)
    tried = run("person", "disable", "ALICE", "--data", data, "--dry-run")
    done = run("person", "disable", "ALICE", "--data", data, "--yes")
    again = run("person", "disable", "ALICE", "--data", data)
    undone = run("person", "enable", "alice", "--data", data, "--yes")

    plan = (
        "to disable: Alice\n"
        "  portal sessions, their tokens and role credentials of them end with the next request\n"
    )
    assert (asked.returncode, asked.stdout, tried.stdout) == (2, plan, plan)
    assert done.stdout == f"{plan}disabled Alice\n"
    assert (again.returncode, again.stdout) == (0, "Alice was disabled already\n")
    assert undone.stdout == "to enable: Alice\nenabled Alice\n"
    [event] = logged(data, "disable-person")
    assert event["detail"]["what"] == f"arn:aws:identitystore:::user/{ALICE}"


def test_somebody_who_is_not_there_is_named_with_what_to_do(data) -> None:
    for command in ("show", "disable", "enable", "sign-out", "sessions", "delete"):
        found = run("person", command, "nobody", "--data", data)
        assert (found.returncode, found.stderr) == (
            1,
            "error: there is no person nobody\nhint: daypass person list\n",
        )


def test_a_deleted_persons_assignment_is_listed_by_id_and_removed_by_it(data) -> None:
    run("assign", "alice", "ReadOnly", ACCOUNT, "--data", data, "--yes")
    deleted = run("person", "delete", "alice", "--data", data, "--yes")
    listed = run("assign", "list", "--data", data)
    removed = run("assign", "--remove", ALICE, "ReadOnly", ACCOUNT, "--data", data, "--yes")
    then = run("assign", "list", "--data", data)

    assert deleted.stdout.splitlines() == [
        f"to delete: Alice  {ALICE}",
        "  leaves Developers",
        f"  loses ReadOnly in {ACCOUNT}; the assignment stays until:",
        f"    daypass assign {ALICE} ReadOnly {ACCOUNT} --remove",
        "deleted Alice",
    ]
    assert listed.stdout.startswith(f"deleted person {ALICE}")
    assert removed.stdout.splitlines()[-1] == "removed"
    assert (then.returncode, then.stdout) == (0, "")


REFUSED = [
    (("nobody", "ReadOnly", ACCOUNT), 1, "there is no person or group nobody"),
    (("alice", "Other", ACCOUNT), 1, "there is no permission set Other"),
    (("alice", "ReadOnly", "elsewhere"), 1, "there is no account elsewhere"),
    (("alice", "ReadOnly", ACCOUNT, "--kind", "group"), 1, "there is no group alice"),
    (("alice", "ReadOnly"), 2, "Missing argument 'ACCOUNT'"),
    (("alice", "ReadOnly", ACCOUNT), 2, "there is no terminal to ask on"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), REFUSED)
def test_an_assignment_that_cannot_be_made_says_why(data, arguments, code, words) -> None:
    found = run("assign", *arguments, "--data", data)

    assert found.returncode == code
    assert words in found.stderr


def test_a_failed_assignment_says_why(data) -> None:
    instance = make_other_set(data, managed=("arn:aws:iam::aws:policy/NoSuchPolicy",))
    failed = run("assign", "alice", "Broken", ACCOUNT, "--data", data, "--yes")

    assert failed.returncode == 1
    assert failed.stderr.startswith("error: the assignment failed: ")
    assert run("assign", "list", "--data", data).stdout == "", instance


def make_other_set(data, **more):
    """Put one more permission set into the only instance; return the instance's id."""
    [instance] = read_without_lock(data, {}).directory.all_records(Instance)
    found = {"customer": (), **more}
    put(
        data,
        PermissionSet(
            account=instance.id, id="ps-ffffffffffffffff", name="Broken", created=1, **found
        ),
    )
    return instance.id


def test_a_name_that_a_person_and_a_group_have_asks_which(data) -> None:
    assert run("person", "add", "developers", "--data", data, "--yes").returncode == 0

    both = run("assign", "developers", "ReadOnly", ACCOUNT, "--data", data, "--yes")
    one = run(
        *("assign", "--kind", "person", "developers", "ReadOnly", ACCOUNT),
        *("--data", data, "--yes", "--json"),
    )

    assert both.returncode == 2
    assert both.stderr.splitlines() == [
        "error: developers is a person and a group",
        "hint: say which with --kind person or --kind group",
    ]
    assert one.stderr == f"to assign: ReadOnly in {ACCOUNT} to person developers\n"
    assert {key: json.loads(one.stdout)[key] for key in ("status", "principal_type")} == {
        "status": "SUCCEEDED",
        "principal_type": "USER",
    }


def test_the_sign_in_is_shown_and_its_network_opened(data) -> None:
    [instance] = read_without_lock(data, {}).directory.all_records(Instance)
    put(data, locked(instance))

    shown = run("sign-in", "show", "--data", data)
    told = json.loads(run("sign-in", "show", "--data", data, "--json").stdout)
    opened = run("sign-in", "set", "network", "open", "--data", data, "--yes")
    again = run("sign-in", "set", "network", "open", "--data", data, "--yes")

    assert shown.stdout.splitlines() == [
        f"{instance.id}  of organization {instance.organization}, owned by {ACCOUNT}",
        f"  arn              {instance.arn}",
        f"  store            {instance.store}",
        "  region           us-east-1",
        "  has              people 1, groups 1, permission sets 1, assignments 0",
        "  network          only 203.0.113.0/24 (daypass sign-in set network open)",
        "  store's network  open",
    ]
    assert told["instances"][0]["network"] == ["203.0.113.0/24"]
    assert opened.stdout.endswith("the network is open\n")
    assert again.stdout == "the network is open already\n"


def test_another_store_or_owner_is_named_as_such(data) -> None:
    store = run("person", "list", "--data", data, "--store", "d-0000000000")
    owner = run("person", "list", "--data", data, "--account", "999999999999")

    assert store.stderr.startswith(
        "error: there is no instance of IAM Identity Center of the store d-0000000000"
    )
    assert "of account 999999999999" in owner.stderr


def test_a_running_server_takes_people_and_assignments_at_once_and_writes_down_by_whom(
    live,
) -> None:
    path = live.data.path
    store = live.client("identitystore")
    admin = live.client("sso-admin")
    [instance] = admin.list_instances()["Instances"]
    name = "commanded"
    made = run_installed("person", "add", name, "--data", path, "--yes", "--json")
    person = json.loads(made.stdout)["id"]
    admin.create_permission_set(InstanceArn=instance["InstanceArn"], Name="Commanded")
    assigned = run_installed("assign", name, "Commanded", live.account, "--data", path, "--yes")
    roles = live.client("iam").list_roles(PathPrefix="/aws-reserved/")["Roles"]
    off = run_installed("person", "disable", name, "--data", path, "--yes")
    status = store.describe_user(IdentityStoreId=instance["IdentityStoreId"], UserId=person)
    removed = run_installed(
        "assign", name, "Commanded", live.account, "--data", path, "--remove", "--yes"
    )
    deleted = run_installed("person", "delete", name, "--data", path, "--yes")

    assert status["UserStatus"] == "DISABLED"
    assert [each["RoleName"].startswith("AWSReservedSSO_Commanded_") for each in roles] == [True]
    assert live.client("iam").list_roles(PathPrefix="/aws-reserved/")["Roles"] == []
    assert [each.returncode for each in (assigned, off, removed, deleted)] == [0, 0, 0, 0]
    [event] = [
        each for each in logged(path, "DeleteAccountAssignment") if each.get("detail", {}).get("by")
    ]
    assert event["account"] == live.account
    assert READ_ONLY not in str(event)


def test_a_token_is_printed_with_its_expiry_and_ends_when_the_person_is_signed_out(data) -> None:
    printed = run("person", "token", "alice", "--data", data)
    told = json.loads(run("person", "token", "alice", "--data", data, "--json").stdout)
    listed = run("person", "sessions", "alice", "--data", data)
    done = run("person", "sign-out", "alice", "--data", data, "--yes")
    then = run("person", "sessions", "alice", "--data", data)

    token = printed.stdout.strip()
    assert printed.stderr.startswith("expires 20")
    assert token not in (data / "audit.log").read_text()
    assert set(told) == {"accessToken", "expiresAt", "region"}
    assert len(listed.stdout.splitlines()) == 2
    assert "  opened by " in listed.stdout
    assert done.stdout.splitlines()[-1] == "signed out Alice"
    assert then.stdout == "Alice has no open session\n"
    event = logged(data, "open-portal-session")[0]
    assert event["detail"]["what"] == f"arn:aws:identitystore:::user/{ALICE}"
    assert event["detail"]["by"] in listed.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--duration", "14m"), 2, "a portal session lasts from 15m to 90d, not 14m"),
        (("--duration", "91d"), 2, "a portal session lasts from 15m to 90d, not 91d"),
        (("--duration", "8"), 2, "`8` is not a duration"),
    ],
)
def test_a_token_of_another_duration_is_refused(data, arguments, code, words) -> None:
    refused = run("person", "token", "alice", "--data", data, *arguments)

    assert (refused.returncode, refused.stdout) == (code, "")
    assert words in refused.stderr


def test_a_disabled_person_gets_no_token(data) -> None:
    run("person", "disable", "alice", "--data", data, "--yes")
    refused = run("person", "token", "alice", "--data", data)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "error: The user is disabled.\nhint: daypass person show alice\n"


def test_an_instance_that_is_there_is_not_made_again(data) -> None:
    assert run("sign-in", "enable", "--data", data, "--yes").stdout == (
        "there is an instance already: daypass sign-in show\n"
    )


def test_a_running_servers_portal_takes_a_commands_token(live) -> None:
    path = live.data.path
    admin = live.client("sso-admin")
    [instance] = admin.list_instances()["Instances"]
    admin.create_permission_set(InstanceArn=instance["InstanceArn"], Name="Portal")
    run_installed("person", "add", "visitor", "--data", path, "--yes")
    run_installed("assign", "visitor", "Portal", live.account, "--data", path, "--yes")
    printed = run_installed("person", "token", "visitor", "--data", path)
    portal = live.client("sso")
    token = printed.stdout.strip()

    listed = portal.list_accounts(accessToken=token)["accountList"]
    given = portal.get_role_credentials(
        roleName="Portal", accountId=live.account, accessToken=token
    )["roleCredentials"]
    run_installed("person", "sign-out", "visitor", "--data", path, "--yes")

    assert [each["accountId"] for each in listed] == [live.account]
    assert given["accessKeyId"].startswith("ASIA")
    with pytest.raises(portal.exceptions.UnauthorizedException):
        portal.list_accounts(accessToken=token)
    used = {
        "AccessKeyId": given["accessKeyId"],
        "SecretAccessKey": given["secretAccessKey"],
        "SessionToken": given["sessionToken"],
    }
    with pytest.raises(ClientError, match="ExpiredToken"):
        live.client("sts", used).get_caller_identity()
    run_installed("person", "delete", "visitor", "--data", path, "--yes")


def test_a_deleted_instance_comes_back_empty_with_a_new_id(data) -> None:
    opened = open_data(data, {}, clock=clock.wall, entropy=clock.entropy)
    instance = take_instance_away(opened.committer)
    opened.close()

    without = run("person", "list", "--data", data)
    shown = run("sign-in", "show", "--data", data)
    tried = run("sign-in", "enable", "--data", data, "--dry-run")
    made = run("sign-in", "enable", "--data", data, "--yes")
    [again] = read_without_lock(data, {}).directory.all_records(Instance)

    assert without.stderr == (
        "error: there is no instance of IAM Identity Center\n"
        "hint: daypass sign-in enable makes one for an organization\n"
    )
    assert shown.stdout == (
        f"organization {instance.organization} has no instance\n"
        f"  it gets one by: daypass sign-in enable --account {ACCOUNT}\n"
    )
    assert tried.stdout == (
        f"to make: an instance of organization {instance.organization} in us-east-1\n"
    )
    assert made.stdout.splitlines()[-1] == f"made {again.id}"
    assert again.id != instance.id
    [event] = logged(data, "enable-instance")
    assert event["detail"]["what"].startswith("arn:aws:organizations::")


def test_a_further_instance_is_in_the_region_of_the_others(data) -> None:
    opened = open_data(data, {}, clock=clock.wall, entropy=clock.entropy)
    instance = take_instance_away(opened.committer)
    opened.committer.submit(
        Changes(
            [
                Put(replace(instance, account="ssoins-00000000000000aa", organization="o-other")),
            ]
        ),
        EVENT,
    ).result()
    opened.close()

    refused = run(
        *("sign-in", "enable", "--data", data, "--yes", "--account", ACCOUNT),
        *("--identity-center-region", "eu-central-1"),
    )

    assert refused.returncode == 1
    assert "is in the region us-east-1, not eu-central-1" in refused.stderr


def test_with_several_instances_the_command_asks_which(data) -> None:
    [instance] = read_without_lock(data, {}).directory.all_records(Instance)
    store = read_without_lock(data, {}).directory.identity_store(instance.store).record
    put(
        data,
        replace(instance, account="ssoins-00000000000000aa", store="d-00000000aa", owner="9" * 12),
        replace(store, account="d-00000000aa", instance="ssoins-00000000000000aa", owner="9" * 12),
    )

    asked = run("person", "list", "--data", data)
    one = run("person", "list", "--data", data, "--store", instance.store)
    other = run("person", "show", "alice", "--data", data, "--account", "9" * 12)

    assert (asked.returncode, asked.stderr.splitlines()) == (
        2,
        [
            "error: there are 2 instances of IAM Identity Center",
            f"  --store d-00000000aa   of account {'9' * 12}",
            f"  --store {instance.store}   of account {ACCOUNT}",
            "hint: name one with --store or --account",
        ],
    )
    assert one.stdout.startswith("Alice ")
    assert other.stderr.startswith("error: there is no person alice\n")


HELPS = [
    *(("person", each) for each in commands.PERSON_COMMANDS),
    *(("sign-in", each) for each in commands.SIGN_IN_COMMANDS),
    ("person",),
    ("sign-in",),
    ("sign-in", "set", "network"),
    ("assign",),
    ("assign", "to"),
    ("assign", "list"),
]


@pytest.mark.parametrize("words", HELPS, ids=" ".join)
def test_every_help_has_an_example_and_fits_a_screen(words) -> None:
    told = run(*words, "--help")

    lines = told.stdout.splitlines()
    assert told.returncode == 0
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    if words != ("sign-in", "set"):
        assert "Example" in told.stdout


def test_a_shell_completes_the_commands() -> None:
    completed = run_installed(
        _DAYPASS_COMPLETE="bash_complete", COMP_WORDS="daypass person s", COMP_CWORD="2"
    )

    assert completed.stdout.split() == ["plain,show", "plain,sessions", "plain,sign-out"]
