"""Which sources are silent: said by whoever watches them. The watch is an app above this one, so it is asked by a hook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

Silence = Callable[[], Mapping[str, datetime]]
_asked: list[Silence] = []


def ask(silence: Silence) -> None:
    """Ask `silence` from now on: names of silent sources and since when."""
    _asked.append(silence)


def silent_since() -> dict[str, datetime]:
    """The silent sources and since when they are."""
    return {name: since for silence in _asked for name, since in silence().items()}
