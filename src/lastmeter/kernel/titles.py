"""Words in both languages, kept side by side where they are used, so that neither can be forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = get_args(Lang)


@dataclass(frozen=True, slots=True)
class Title:
    """One text in Chinese (zh-Hans) and English; places in braces are filled by `say`."""

    zh: str
    en: str

    def say(self, lang: Lang, **places: Any) -> str:
        """The text in one language with its places filled: `Title("{n} 行", "{n} rows").say("en", n=3)`. A place that is a
        title speaks the same language.
        """
        text = self.zh if lang == "zh" else self.en
        if not places:
            return text
        return text.format_map({name: value.say(lang) if isinstance(value, Title) else value for name, value in places.items()})


def title_of(value: object, fallback: str) -> Title:
    """A title from configuration: a table with zh and en, one string for both, or nothing (the code itself)."""
    if isinstance(value, dict):
        zh, en = value.get("zh"), value.get("en")
        return Title(str(zh or en or fallback), str(en or zh or fallback))
    text = str(value) if value else fallback
    return Title(text, text)
