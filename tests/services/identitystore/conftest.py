"""Fixtures for the identity store on a running authority."""

import itertools
import json
import uuid
from pathlib import Path

import pytest
from tests.conftest import serving
from tests.services.organizations.conftest import Org

CASES = Path(__file__).parent / "cases"
_numbers = itertools.count()


def cases(name):
    """Return the cases of a file."""
    return json.loads((CASES / f"{name}.json").read_text())


def fresh(prefix="n"):
    """Return a unique name."""
    return f"{prefix}{next(_numbers)}-{uuid.uuid4().hex[:8]}"


class Directory(Org):
    """An organization with its identity store."""

    @property
    def store(self):
        """The id of the organization's identity store."""
        instance = self.view().record.instance
        return self.directory.instance(instance).record.store

    def people(self, account=None, key=None, **more):
        """Return a client of the identity store for an account's root, or for a key."""
        return self.client("identitystore", account, key, **more)

    def person(self, name=None, **more):
        """Create a user; return the id."""
        made = self.people().create_user(
            IdentityStoreId=self.store, UserName=name or fresh("user"), **more
        )
        return made["UserId"]

    def group(self, name=None):
        """Create a group; return the id."""
        made = self.people().create_group(
            IdentityStoreId=self.store, DisplayName=name or fresh("group")
        )
        return made["GroupId"]

    def join(self, group, person):
        """Make a person a member of a group; return the membership's id."""
        made = self.people().create_group_membership(
            IdentityStoreId=self.store, GroupId=group, MemberId={"UserId": person}
        )
        return made["MembershipId"]


@pytest.fixture(scope="session")
def served(store_url, tmp_path_factory):
    """An authority for the tests of the identity store alone."""
    path = tmp_path_factory.mktemp("identitystore") / "data"
    yield from serving(path, store_url, accounts_max=1_000)


@pytest.fixture(scope="session")
def first(served):
    """The organization that the authority starts with; it lends its accounts to others."""
    return Directory(served, served.account)


@pytest.fixture(scope="module")
def org(first):
    """An organization of one file's tests."""
    made = Directory(first.live, first.standalone())
    made.o.create_organization(FeatureSet="ALL")
    return made
