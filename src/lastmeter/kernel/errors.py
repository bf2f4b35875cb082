"""The one error that the library raises for what a user can mend."""

from __future__ import annotations

from typing import Any

from lastmeter.kernel.titles import Lang, Title


class LastMeterError(Exception):
    """What went wrong, and how to mend it, in both languages.

    `code` is stable (`blueprint.unknown_key`) and documented; `places` fill the braces of message and hint. No
    personal data goes into places: file names, line numbers, column names and codes only.
    """

    def __init__(self, code: str, message: Title, /, hint: Title | None = None, **places: Any) -> None:
        self.code = code
        self.title = message
        self.hint_title = hint
        self.places = places
        super().__init__(self.message("en"))

    def message(self, lang: Lang) -> str:
        """What happened."""
        return self.title.say(lang, **self.places)

    def hint(self, lang: Lang) -> str | None:
        """What to do about it."""
        return self.hint_title.say(lang, **self.places) if self.hint_title else None
