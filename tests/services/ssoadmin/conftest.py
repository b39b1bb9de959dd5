"""Fixtures for Identity Center's administration on a running authority."""

import json
from functools import cached_property
from pathlib import Path

import pytest
from tests.conftest import serving
from tests.services.organizations.conftest import Org

CASES = Path(__file__).parent / "cases"
SERVICE = "sso-admin"


def cases(name):
    """Return the cases of a file."""
    return json.loads((CASES / f"{name}.json").read_text())


class Center(Org):
    """An organization with its Identity Center instance."""

    @cached_property
    def sso(self):
        """The management account's client of the instance."""
        return self.client(SERVICE)

    @cached_property
    def instance(self):
        """The ARN of the organization's instance."""
        return self.sso.list_instances()["Instances"][0]["InstanceArn"]

    @property
    def instance_id(self):
        return self.instance.rpartition("/")[2]


@pytest.fixture(scope="session")
def served(store_url, tmp_path_factory):
    """An authority for the tests of Identity Center's administration alone."""
    path = tmp_path_factory.mktemp("ssoadmin") / "data"
    yield from serving(path, store_url, accounts_max=1_000)


@pytest.fixture(scope="session")
def first(served):
    """The organization that the authority starts with; it lends its accounts to others."""
    return Center(served, served.account)


def founded(first):
    """Return a new organization, with an instance."""
    center = Center(first.live, first.standalone())
    center.o.create_organization(FeatureSet="ALL")
    return center


@pytest.fixture
def center(first):
    """An organization with an instance that only this test uses."""
    return founded(first)
