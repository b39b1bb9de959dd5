"""A server that is killed inside a provisioning job, and between issue and use of a token."""

import json
import signal
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from tests.conftest import Live, free_port
from tests.documents import allow
from tests.installed import run_installed
from tests.journeys.firm import Firm

from daypass.core import quotas
from daypass.core.domain.identity_center.provisioned_set import ProvisionedSet
from daypass.state.data_directory.unlocked_reading import read_without_lock

ACCOUNTS = 2 * quotas.PROVISIONED_PER_COMMIT_MAX + 10
"""The call itself provisions the first part; the job begins one part a second at most."""
ASKED_MAX = 20_000
KILLS_MAX = 5
"""How often the server is killed until a kill comes before the job has ended."""


class Started(Live):
    """A server that is a process of its own; what a test knows of it, it has from the commands."""

    def __init__(self, path, port):
        super().__init__(f"http://127.0.0.1:{port}", "", SimpleNamespace(path=path), None)
        self._roots = {}

    @property
    def account(self):
        return self.client("sts").get_caller_identity()["Account"]

    def root(self, seconds=900, account=None):
        """Return the credentials that `daypass root` prints for an hour, once for an account."""
        if account not in self._roots:
            owner = ("--account", account) if account else ()
            printed = run_installed(
                *("root", "--duration", "1h", "--format", "json", *owner),
                *("--data", self.data.path),
            )
            assert printed.returncode == 0, printed.stderr
            self._roots[account] = json.loads(printed.stdout)
        return self._roots[account]


@pytest.fixture
def start(server, tmp_path):
    """Return a function that starts the server, again on the same data; it returns the process
    and the organization.
    """
    port = free_port()

    def started():
        process, _ = server("--accounts-max", "200", "--calls-per-second", "0", port=port)
        live = Started(tmp_path / "data", port)
        return process, Firm(live, live.account)

    return started


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def provisioned(firm, named, status):
    """Return the accounts in which a set is provisioned with that status."""
    pages = firm.sso.get_paginator("list_accounts_for_provisioned_permission_set").paginate(
        **named, ProvisioningStatus=status
    )
    return {account for page in pages for account in page["AccountIds"]}


def test_a_provisioning_job_goes_on_after_a_kill_where_it_was(start, tmp_path) -> None:
    process, firm = start()
    named = firm.permission_set(allow("iam:ListGroups"))
    person = firm.person("alice")
    accounts = {firm.account() for _ in range(ACCOUNTS)}
    assert {firm.assign(named, each, person) for each in accounts} == {"SUCCEEDED"}
    durations = set()
    for hours in range(4, 4 + KILLS_MAX):
        firm.sso.update_permission_set(**named, SessionDuration=f"PT{hours}H", Description="new")
        asked = firm.sso.provision_permission_set(**named, TargetType="ALL_PROVISIONED_ACCOUNTS")
        kill(process)
        directory = read_without_lock(tmp_path / "data", {}).directory
        view = directory.instance(named["InstanceArn"].rpartition("/")[2])
        provisioned_sets = list(view.of(ProvisionedSet))
        durations = {each.session_seconds for each in provisioned_sets}
        if len(durations) > 1:
            break
        # The kill came when the job had ended.
        process, firm = start()
    process, firm = start()
    request = {
        "InstanceArn": named["InstanceArn"],
        "ProvisionPermissionSetRequestId": asked["PermissionSetProvisioningStatus"]["RequestId"],
    }
    for _ in range(ASKED_MAX):
        found = firm.sso.describe_permission_set_provisioning_status(**request)
        status = found["PermissionSetProvisioningStatus"]["Status"]
        if status != "IN_PROGRESS":
            break

    # It was killed in the middle: the first accounts were done, others were not.
    assert len(provisioned_sets) == ACCOUNTS
    assert len(durations) == 2
    assert hours * 3_600 in durations
    assert status == "SUCCEEDED"
    assert provisioned(firm, named, "LATEST_PERMISSION_SET_PROVISIONED") == accounts
    assert provisioned(firm, named, "LATEST_PERMISSION_SET_NOT_PROVISIONED") == set()


def test_tokens_and_sessions_outlive_a_kill_and_what_was_ended_stays_ended(start) -> None:
    process, firm = start()
    account = firm.account()
    named = firm.permission_set()
    for name in ("alice", "bob"):
        assert firm.assign(named, account, firm.person(name)) == "SUCCEEDED"
    alice, bob = firm.token("alice"), firm.token("bob")
    kept, ended = firm.credentials(alice, account), firm.credentials(bob, account)
    firm.operator("person", "sign-out", "bob", "--yes")

    kill(process)
    process, firm = start()

    assert firm.live.client("sts", kept).get_caller_identity()["Account"] == account
    assert firm.accounts(alice) == [account]
    assert firm.credentials(alice, account)["AccessKeyId"].startswith("ASIA")
    with pytest.raises(ClientError, match="ExpiredToken"):
        firm.live.client("sts", ended).get_caller_identity()
    with pytest.raises(ClientError, match="UnauthorizedException"):
        firm.accounts(bob)
