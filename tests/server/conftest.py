"""Fixtures of the server's tests."""

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location("support", Path(__file__).parents[1] / "conftest.py")
support = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(support)
