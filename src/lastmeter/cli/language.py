"""In which language the command line speaks: `--lang`, else LASTMETER_LANG, else the locale, else English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lastmeter.kernel.titles import Lang

_LOCALES = ("LC_ALL", "LC_MESSAGES", "LANG")


def language_of(arguments: Sequence[str], environment: Mapping[str, str]) -> Lang:
    """The language that the user asked for; read before the arguments are parsed, since help is said in it too."""
    for position, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            return _lang(argument.partition("=")[2])
        if argument == "--lang" and position + 1 < len(arguments):
            return _lang(arguments[position + 1])
    if chosen := environment.get("LASTMETER_LANG"):
        return _lang(chosen)
    return _lang(next((environment[name] for name in _LOCALES if environment.get(name)), "en"))


def _lang(name: str) -> Lang:
    return "zh" if name.lower().startswith("zh") else "en"
