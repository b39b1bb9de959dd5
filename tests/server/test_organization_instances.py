"""A start gives organizations of an earlier version their Identity Center instance, once."""

import json
import sqlite3
from types import SimpleNamespace

import pytest
from msgspec.structs import replace
from tests.conftest import free_port, served
from tests.services.organizations.organized import MANAGEMENT, MEMBER, ORGANIZATION, Organized
from tests.state.earlier import unpacked

from daypass.core.domain.iam.role import Role
from daypass.core.domain.identity_center.identity_store import IdentityStore
from daypass.core.domain.identity_center.instance import Instance
from daypass.server import clock, single_process
from daypass.server.organization_instances import (
    check_regions,
    missing_instances,
    settle_instances,
)
from daypass.server.settings.config import Config
from daypass.state.changes import Changes, Put
from daypass.state.committer import Committer
from daypass.state.data_directory.open_directory import open_data
from daypass.state.database.sql_store import LEVEL
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.unusable import Unusable

OLD_MEMBER, OLD_CLOSED, OLD_BILLING = "262175915640", "543642840028", "489373568864"
"""The accounts of the data directory of level 1, beside `MANAGEMENT`."""
SERVICE_ROLE = "AWSServiceRoleForSSO"
REGION = "eu-west-1"


def missing(known, region=REGION):
    return missing_instances(
        known.directory, region=region, now=7, entropy=lambda count: bytes(range(count))
    )


def test_an_organization_with_all_features_gets_its_instance_and_the_role_everywhere() -> None:
    known = Organized()
    known.member(MEMBER)
    known.member("333344445555", closed=3)
    known.put(Role(account=MEMBER, name=SERVICE_ROLE, unique_id="AROAOLD", created=1, trust="{}"))
    found = [each.record for each in missing(known).records]

    [organization] = [each for each in found if each.account == ORGANIZATION]
    [instance] = [each for each in found if isinstance(each, Instance)]
    [store] = [each for each in found if isinstance(each, IdentityStore)]
    assert organization == replace(known.record, instance=instance.id)
    assert (instance.owner, instance.organization) == (MANAGEMENT, ORGANIZATION)
    assert (instance.region, instance.created, instance.store) == (REGION, 7, store.id)
    roles = [(each.account, each.name) for each in found if isinstance(each, Role)]
    assert roles == [(MANAGEMENT, SERVICE_ROLE), ("333344445555", SERVICE_ROLE)]
    assert len(found) == 5


@pytest.mark.parametrize(
    "more",
    [
        {"instance": "ssoins-0123456789abcdef"},
        {"instance_deleted": 3},
        {"features": "CONSOLIDATED_BILLING"},
    ],
    ids=["has one", "had one that was deleted", "has not all features"],
)
def test_an_organization_is_left_as_it_is_if_it(more) -> None:
    known = Organized()
    known.put(replace(known.record, **more))

    assert missing(known) == Changes()


def test_a_second_start_makes_no_second_instance() -> None:
    known = Organized()
    known.directory = known.directory.changed(missing(known).records, 50)

    assert missing(known) == Changes()


def instance_in(region):
    return Instance(
        account="ssoins-0123456789abcdef", owner=MANAGEMENT, store="d-1", region=region, created=1
    )


def test_another_region_than_an_instance_has_stops_the_start_with_both_named() -> None:
    known = Organized()
    check_regions(known.directory, REGION)
    known.put(instance_in(REGION))
    check_regions(known.directory, REGION)

    with pytest.raises(Unusable, match="ssoins-0123456789abcdef is in the region eu-west-1") as no:
        check_regions(known.directory, "us-east-1")
    assert "--identity-center-region is us-east-1" in str(no.value)
    assert no.value.hint.endswith("start with --identity-center-region eu-west-1")


class Node:
    """A node's committer over one database, as much of it as a start uses."""

    def __init__(self, path, name):
        self.store = open_sqlite(path, boot=name * 16, node=name)
        self.committer = Committer(self.store, self.store.load(()), now=lambda: 1.0)
        self.data = SimpleNamespace(committer=self.committer)

    def close(self):
        self.committer.close()
        self.store.close()


def test_of_two_nodes_that_start_at_once_one_makes_the_instance(tmp_path) -> None:
    known = Organized()
    known.member(MEMBER)
    first = Node(tmp_path / "db", "1")
    records = [Put(each) for each in known.records()]
    first.committer.submit(Changes(records), b"").result(10)
    # The second one has loaded the directory before the first one commits.
    second = Node(tmp_path / "db", "2")
    for each in (first, second):
        settle_instances(each.data, region=REGION)
    try:
        found = [
            list(each.committer.catch_up().result(10).all_records(Instance))
            for each in (first, second)
        ]
        roles = second.committer.directory.account(MEMBER).of(Role)
        assert len(found[0]) == 1
        assert found[0] == found[1]
        assert [each.name for each in roles] == [SERVICE_ROLE]
    finally:
        first.close()
        second.close()


@pytest.fixture
def old(tmp_path):
    """A data directory of the version before Identity Center, as its killed server left it."""
    return unpacked("0004", tmp_path / "old")


def opened(path, **more):
    """Open a data directory as a server does; return the settings and the open data."""
    config = Config(data=path, host="127.0.0.1", port=free_port(), calls_per_second=0, **more)
    return config, open_data(path, {}, **single_process.opening_options(config))


def started(path, store_url, **more):
    return served(*opened(path, **more), store_url)


def made_by_starts(path):
    """Return the lines of the audit log about instances that starts made."""
    return [
        event
        for line in (path / "audit.log").read_bytes().splitlines()
        if (event := json.loads(line)["event"])["operation"] == "instance-created"
    ]


def test_an_old_data_directory_has_its_instance_at_the_first_start(old, store_url) -> None:
    with started(old, store_url, identity_center_region=REGION) as live:
        directory = live.caught_up()
        described = live.client("organizations").describe_organization()["Organization"]
        roles = {
            account: [each.name for each in directory.account(account).of(Role)]
            for account in (MANAGEMENT, OLD_MEMBER, OLD_CLOSED, OLD_BILLING)
        }
        shown = live.client("iam", live.root(account=OLD_MEMBER)).get_role(RoleName=SERVICE_ROLE)

    [instance] = directory.all_records(Instance)
    assert instance.organization == described["Id"]
    assert instance.region == REGION
    assert [SERVICE_ROLE in each for each in roles.values()] == [True, True, True, False]
    assert shown["Role"]["Path"] == "/aws-service-role/sso.amazonaws.com/"
    [event] = made_by_starts(old)
    assert event["detail"] == {"by": "daypass up", "what": instance.id}
    connection = sqlite3.connect(old / "daypass.db")
    assert connection.execute("SELECT level FROM head").fetchall() == [(LEVEL,)]
    connection.close()


def test_later_starts_leave_an_old_data_directory_as_the_first_one_made_it(old, store_url) -> None:
    found = []
    for _ in range(2):
        with started(old, store_url) as live:
            found.append(sorted(each.id for each in live.caught_up().all_records(Instance)))

    assert found[0] == found[1]
    assert len(made_by_starts(old)) == 1


def test_a_start_that_was_killed_before_it_made_the_instance_is_made_good(old, store_url) -> None:
    # The level of the database is raised already, and nothing else.
    opened(old)[1].close()

    with started(old, store_url) as live:
        assert len(list(live.caught_up().all_records(Instance))) == 1


def test_a_start_with_another_region_stops_and_changes_nothing(old, store_url) -> None:
    with started(old, store_url, identity_center_region=REGION):
        pass
    before = (old / "audit.log").read_bytes()

    config, data = opened(old, identity_center_region="us-east-1")
    with pytest.raises(Unusable, match="is in the region eu-west-1"):
        single_process.make_server(config, data)
    data.close()

    assert (old / "audit.log").read_bytes() == before


def test_an_operators_command_beside_no_server_makes_no_instance(old) -> None:
    # It does not know the region, which would be for ever.
    data = open_data(old, {}, clock=clock.wall, entropy=clock.entropy, may_create=False)
    found = list(data.committer.directory.all_records(Instance))
    data.close()

    assert found == []
