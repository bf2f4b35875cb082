"""Puts the commands together and turns errors into words and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import typer

from lastmeter.cli import commands
from lastmeter.cli.language import language_of
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title

ABOUT = Title(
    "最后一米：把发生的事、承诺的事和顾客说的话合在一起，找出最后一米断在哪里。",
    "Last Meter: what happened, what was promised and what customers said, to find where the last meter breaks.",
)
_PANELS = {
    "ARGUMENTS_PANEL_TITLE": Title("参数", "Arguments"),
    "OPTIONS_PANEL_TITLE": Title("选项", "Options"),
    "COMMANDS_PANEL_TITLE": Title("命令", "Commands"),
    "ERRORS_PANEL_TITLE": Title("错误", "Error"),
}
USER_ERROR = 2  # what the user can mend; 1 is a check that did not hold


def make_app(lang: Lang, arguments: Sequence[str] = ()) -> typer.Typer:
    """The command line in one language: the command that the arguments call, or all of them."""
    app = typer.Typer(help=ABOUT.say(lang), no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

    @app.callback()
    def everywhere(
        lang: str = typer.Option(lang, "--lang", help=Title("语言：zh 或 en", "Language: zh or en").say(lang)),
    ) -> None:
        """Options that every command has; the language was read before."""

    for name in commands.modules_for(list(arguments)):
        importlib.import_module(name).register(app, lang)
    return app


def _name_panels(lang: Lang) -> None:
    """Headings of help and of usage errors; their printer is slow to load and most commands never need it."""
    import typer.rich_utils

    for name, title in _PANELS.items():
        setattr(typer.rich_utils, name, title.say(lang))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    lang = language_of(given, os.environ)
    ordered, command = _language_first(given)
    if lang != "en" or "typer.rich_utils" in sys.modules:
        _name_panels(lang)
    try:
        make_app(lang, command)(args=ordered, prog_name="lastmeter")
    except LastMeterError as error:
        from rich.console import Console

        console = Console(stderr=True, highlight=False, soft_wrap=True)
        console.print(f"[bold red]{error.code}[/] ", end="")
        console.print(error.message(lang), markup=False)
        if hint := error.hint(lang):
            console.print(hint, markup=False)
        sys.exit(USER_ERROR)
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _language_first(arguments: list[str]) -> tuple[list[str], list[str]]:
    """`--lang` may stand anywhere; the parser wants it before the command. Also what remains without it."""
    front: list[str] = []
    rest: list[str] = []
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--lang":
            front += [argument, next(remaining, "en")]
        elif argument.startswith("--lang="):
            front.append(argument)
        else:
            rest.append(argument)
    return front + rest, rest
