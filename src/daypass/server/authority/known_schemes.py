"""Every way to prove a caller that there is: found by its file, so that another one is a file more."""

import pkgutil
from collections.abc import Callable
from importlib import import_module
from types import ModuleType

from daypass.core.keyring import KeyRing
from daypass.server.authority import schemes
from daypass.server.authority.prove import Make, Prover


def schemes_in(package: ModuleType = schemes) -> dict[str, Make]:
    """Return what makes each scheme of a package, by the names of its modules, which are those of the schemes."""
    names = [each.name for each in pkgutil.iter_modules(package.__path__)]
    modules = {name: import_module(f"{package.__name__}.{name}") for name in sorted(names)}
    return {name: module.SCHEME for name, module in modules.items() if hasattr(module, "SCHEME")}


def prover(keyring: Callable[[], KeyRing]) -> Prover:
    """Return the prover with every scheme there is."""
    return Prover({name: make(keyring) for name, make in schemes_in().items()})
