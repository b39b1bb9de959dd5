"""The catalog, loaded once, and botocore's own view of the same models."""

import botocore.session
import pytest

from daypass.services.registry import SERVICES
from daypass.wire.catalog import load_catalog


@pytest.fixture(scope="session")
def catalog():
    return load_catalog(SERVICES)


@pytest.fixture(scope="session")
def theirs():
    session = botocore.session.Session()
    return {each.name: session.get_service_model(each.model) for each in SERVICES}
