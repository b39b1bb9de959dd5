"""Jobs are found where they stand: one more is one more file."""

import importlib
import sys

import pytest

from daypass.server.jobs.registry import find_jobs

JOB = """
from daypass.server.jobs.job import Job, JobWork
JOB = Job("{name}", 60, lambda snapshot: JobWork())
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An empty package, and a function that puts a file into it."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "jobs_of_a_test").mkdir()

    def write(name, text):
        (tmp_path / "jobs_of_a_test" / f"{name}.py").write_text(text)

    write("__init__", "")
    yield importlib.import_module("jobs_of_a_test"), write
    for name in [each for each in sys.modules if each.startswith("jobs_of_a_test")]:
        del sys.modules[name]


def test_the_jobs_of_a_server_are_the_modules_of_its_package() -> None:
    assert [job.name for job in find_jobs()] == [
        "ended-groups",
        "ended-instances",
        "handshake-expiry",
        "permission-set-provisioning",
        "record-expiry",
        "ticket-expiry",
        "trimming",
        "vanished-accounts",
    ]


def test_a_job_is_added_by_a_file_of_its_own(package) -> None:
    found, write = package
    assert find_jobs(found) == ()
    write("second", JOB.format(name="second"))
    write("first", JOB.format(name="first"))
    write("no_job", "ABOUT = 'something else'")

    assert [job.name for job in find_jobs(found)] == ["first", "second"]


def test_two_jobs_of_one_name_are_refused(package) -> None:
    found, write = package
    for module in ("one", "another"):
        write(module, JOB.format(name="same"))

    with pytest.raises(LookupError, match="one name"):
        find_jobs(found)
