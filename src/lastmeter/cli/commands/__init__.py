"""One command a file, named as the command is (`import_` for import); each has `register(app, lang)`."""

from __future__ import annotations

import pkgutil


def modules_for(arguments: list[str]) -> list[str]:
    """The modules to load: the one that is called, or all where help is wanted; loading all takes half a second."""
    known = [module.name for module in pkgutil.iter_modules(__path__)]
    called = next((argument for argument in arguments if not argument.startswith("-")), "").replace("-", "_")
    return [name for name in known if name.rstrip("_") == called] or known
