"""One command a file, named as the command is (`import_` for import); each has `register(app, lang)`.

The server adds commands of its own. It stands above the command line, so it is found by name, not imported.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib.util import find_spec

SERVER = "lastmeter.server.commands"


def modules_for(arguments: list[str]) -> list[str]:
    """The modules to load: the one that is called, or all where help is wanted; loading all takes half a second."""
    known = list(_modules())
    called = next((argument for argument in arguments if not argument.startswith("-")), "").replace("-", "_")
    return [name for name in known if name.rpartition(".")[2].rstrip("_") == called] or sorted(
        known, key=lambda name: name.rpartition(".")[2])


def _modules() -> Iterator[str]:
    """All of them by full name."""
    yield from (f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__))
    above = find_spec(SERVER)
    if above is not None:
        yield from (f"{SERVER}.{module.name}" for module in pkgutil.iter_modules(above.submodule_search_locations))
