"""The catalog, loaded once, and botocore's own view of the same models."""

import botocore.session
import pytest

from daypass.wire.catalog import SERVICES, load


@pytest.fixture(scope="session")
def catalog():
    return load()


@pytest.fixture(scope="session")
def theirs():
    session = botocore.session.Session()
    return {name: session.get_service_model(folder) for name, folder in SERVICES.items()}
