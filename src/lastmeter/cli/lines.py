"""Plain lines in one language: what most commands print, without loading what draws tables and bars."""

from __future__ import annotations

import sys
from typing import Any

from lastmeter.kernel.titles import Lang, Title


def say(lang: Lang, title: Title, **places: Any) -> None:
    """One line on standard output."""
    print(title.say(lang, **places))


def note(lang: Lang, title: Title, **places: Any) -> None:
    """One line beside the result, on standard error, so that a pipe stays clean."""
    print(title.say(lang, **places), file=sys.stderr)
