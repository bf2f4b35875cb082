"""One command a file, named as the command is (`import_` for import); each has `register(app, lang)`.

The server adds commands of its own. It stands above the command line, so it is found by name, not imported.
"""

from __future__ import annotations

import pkgutil
from importlib.util import find_spec

PACKAGES = (__name__, "lastmeter.server.commands")


def modules_for(arguments: list[str]) -> list[str]:
    """The modules to load: the one that is called, or all where help is wanted; loading all takes half a second."""
    known = [
        f"{package}.{module.name}" for package in PACKAGES
        if (spec := find_spec(package)) for module in pkgutil.iter_modules(spec.submodule_search_locations)
    ]
    called = next((argument for argument in arguments if not argument.startswith("-")), "").replace("-", "_")
    return [name for name in known if name.rpartition(".")[2].rstrip("_") == called] or sorted(
        known, key=lambda name: name.rpartition(".")[2])
