"""The jobs of a package: one for each module that has a `JOB`."""

import pkgutil
from importlib import import_module
from types import ModuleType

from daypass.server import jobs
from daypass.server.jobs.job import Job


def jobs_in(package: ModuleType = jobs) -> tuple[Job, ...]:
    """Return every job of a package, in the order of its modules; raises `LookupError` for two of one name."""
    names = [each.name for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
    modules = [import_module(name) for name in sorted(names)]
    found = tuple(module.JOB for module in modules if hasattr(module, "JOB"))
    if len({job.name for job in found}) < len(found):
        raise LookupError(f"two jobs of {package.__name__} have one name")
    return found
