"""Compiled modules for the servers that the bench starts, where the environment forbids to write them.

An installed program has them. A start that compiles every module costs more than twice as much, and
most of that is no cost of the program.
"""

import contextlib
import os

FORBIDDEN, FOLDER = "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"
"""Python's own variables."""


@contextlib.contextmanager
def kept_in(folder, environ=os.environ):
    """Let child processes write and read compiled modules in a folder while this is open.

    An environment that lets them be written is left as it is.
    """
    forbidden = environ.pop(FORBIDDEN, "")
    if not forbidden:
        yield
        return
    earlier = environ.get(FOLDER)
    environ[FOLDER] = str(folder)
    try:
        yield
    finally:
        environ[FORBIDDEN] = forbidden
        del environ[FOLDER]
        if earlier is not None:
            environ[FOLDER] = earlier
