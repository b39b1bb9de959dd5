"""The schemes by which callers are proved, found by their files in `schemes`."""

import pkgutil
from collections.abc import Callable
from importlib import import_module
from types import ModuleType

from daypass.core.keyring import KeyRing
from daypass.server.authority import schemes
from daypass.server.authority.prove import Prover, SchemeFactory


def scheme_factories(package: ModuleType = schemes) -> dict[str, SchemeFactory]:
    """Return the `SCHEME` of each module in a package that has one, by the module's name.

    The module's name is the name by which operations refer to the scheme.
    """
    names = [each.name for each in pkgutil.iter_modules(package.__path__)]
    modules = {name: import_module(f"{package.__name__}.{name}") for name in sorted(names)}
    return {name: module.SCHEME for name, module in modules.items() if hasattr(module, "SCHEME")}


def make_prover(keyring: Callable[[], KeyRing]) -> Prover:
    """Return a prover with every scheme, each made over the key ring that `keyring` returns."""
    return Prover({name: factory(keyring) for name, factory in scheme_factories().items()})
