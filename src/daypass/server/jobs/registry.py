"""Finding the jobs of a package: one for each module that has a `JOB`."""

import pkgutil
from importlib import import_module
from types import ModuleType

from daypass.server import jobs
from daypass.server.jobs.job import Job


def find_jobs(package: ModuleType = jobs) -> tuple[Job, ...]:
    """Return every job of a package, in the order of its modules.

    Raises `LookupError` for two with one name.
    """
    names = [each.name for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
    modules = [import_module(name) for name in sorted(names)]
    found_jobs = tuple(module.JOB for module in modules if hasattr(module, "JOB"))
    if len({job.name for job in found_jobs}) < len(found_jobs):
        raise LookupError(f"two jobs of {package.__name__} have one name")
    return found_jobs
