"""A disk that dies, or fails, at the n-th thing that is asked of it, and clocks that jump."""

import pytest
from tests.campaign.faults import _shim


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    """The library to preload; its instructions come in the environment, or in a file that is mapped."""
    if _shim.why_not():
        pytest.skip(_shim.why_not())
    return _shim.compiled(tmp_path_factory.mktemp("shim"))
