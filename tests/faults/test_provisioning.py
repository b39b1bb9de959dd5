"""A server killed while a permission set is provisioned in many accounts goes on where it was."""

import signal
import time

import pytest
from tests.faults.test_server import Restarting

from daypass.core import quotas
from daypass.core.domain.account import Account
from daypass.core.domain.iam.role import Role
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.domain.organizations.member import Member
from daypass.server import clock
from daypass.services.iam.policies import aws_managed
from daypass.services.ssoadmin.provisioning.account_roles import (
    ProvisioningInput,
    permit_all,
    provisioned_records,
)
from daypass.state.changes import Changes, Put
from daypass.state.data_directory.open_directory import open_data

ACCOUNTS = [f"{500_000_000_000 + number}" for number in range(160)]
SET = "ps-0123456789abcdef"


@pytest.fixture
def server(tmp_path, shim):
    made = Restarting(tmp_path, shim)
    yield made
    made.stop()


def _opened(path):
    return open_data(
        path, {}, clock=clock.wall, entropy=clock.entropy, base=aws_managed.bundled_policies()
    )


def prepare(path):
    """Make a data directory with a set that is provisioned in many accounts and edited since.

    Returns the ARNs of instance and set.
    """
    data = _opened(path)

    def put(*records):
        return data.committer.submit(Changes([Put(each) for each in records]), b"").result()

    now = int(time.time())
    (organization,) = data.committer.directory.organizations
    instance = data.committer.directory.instance(organization.record.instance).record
    for number, account in enumerate(ACCOUNTS):
        put(
            Account(
                account=account, name="a", created=now, canonical_user="0" * 64,
                organization=organization.id,
            ),
            Member(
                account=organization.id, id=account, parent=organization.record.root_id,
                serial=number, joined=1,
            ),
        )  # fmt: skip
    found = PermissionSet(account=instance.id, id=SET, name="Reader", created=1, description="old")
    directory = put(found)
    work = ProvisioningInput(directory, instance, 1, clock.entropy, permit_all)
    put(*(each for account in ACCOUNTS for each in provisioned_records(work, found, account)))
    data.close()
    return instance.arn, found.arn


def states(path):
    """Return what role and provisioned set say of each account: description and version."""
    data = _opened(path)
    directory = data.committer.directory
    (organization,) = directory.organizations
    view = directory.instance(organization.record.instance)
    known = [view.provisioned_set(each, SET) for each in ACCOUNTS]
    roles = [directory.account(each.target).by_id(Role, each.role_id) for each in known]
    data.close()
    return [(role.description, each.version) for role, each in zip(roles, known, strict=True)]


@pytest.mark.parametrize("point", [1, 4, 9])
def test_t292_data_a_server_killed_between_two_parts_provisions_the_rest_after_its_start(
    server, point
) -> None:
    instance, permission_set = prepare(server.data)
    named = {"InstanceArn": instance, "PermissionSetArn": permission_set}
    server.start(DIE_AT=point)
    client = server.client("sso-admin")
    client.update_permission_set(**named, Description="new")
    asked = client.provision_permission_set(**named, TargetType="ALL_PROVISIONED_ACCOUNTS")
    request = asked["PermissionSetProvisioningStatus"]["RequestId"]
    server.arm()
    server.process.wait(60)
    killed = states(server.data)

    server.start()
    client = server.client("sso-admin")
    end = time.monotonic() + 60
    while True:
        status = client.describe_permission_set_provisioning_status(
            InstanceArn=instance, ProvisionPermissionSetRequestId=request
        )["PermissionSetProvisioningStatus"]["Status"]
        if status != "IN_PROGRESS" or time.monotonic() > end:
            break
        time.sleep(0.1)
    server.stop()

    done = killed.count(("new", 2))
    assert server.process.returncode == -signal.SIGKILL
    assert set(killed) == {("old", 1), ("new", 2)}, "an account is half done"
    assert done % quotas.PROVISIONED_PER_COMMIT_MAX == 0
    assert status == "SUCCEEDED"
    assert set(states(server.data)) == {("new", 2)}
