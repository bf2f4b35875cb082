"""Values in raw rows: does a row hold one, however it was quoted, escaped or grouped there; which cells has it?"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable

from lastmeter.journal.vault import canonical_identity

_LONG_DIGITS = re.compile(r"[0-9]{7,}")
_NOT_DIGITS = re.compile(r"[^0-9]+")
_SEPARATORS = re.compile(r"""[,;|\t\r\n"'\[\]{}]+|: """)
_PHONES = re.compile(r"\+?[0-9][0-9 ().-]{5,20}[0-9]")
_WORDLIKE = re.compile(r"[A-Za-z0-9_~-]{1,7}")


def cells(raw: str) -> set[str]:
    """What may be a value in a raw row: the values of a JSON object, the fields between usual separators, long numbers."""
    try:
        parsed = json.loads(raw)
    except ValueError:
        parsed = None
    found = set(_SEPARATORS.split(raw)) | set(_PHONES.findall(raw))
    if isinstance(parsed, dict | list):
        found |= {str(value) for value in (parsed.values() if isinstance(parsed, dict) else parsed)}
    return {text for cell in found if (text := cell.strip())}


def holds_any(values: Iterable[str]) -> Callable[[str], bool]:
    """A test whether a text holds one of the values: as it is, escaped as in JSON or CSV, or as a grouped number.

    A short plain word (an id such as `17`) must stand by itself; other values are found anywhere.
    """
    anywhere: set[str] = set()
    alone: set[str] = set()
    numbers: set[str] = set()
    for value in values:
        text = value.strip()
        if not text:
            continue
        if _WORDLIKE.fullmatch(text):
            alone.add(text)
            continue
        anywhere |= {text, text.replace('"', '""'), json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
        canonical = canonical_identity(text).removeprefix("+").replace("-", "")
        if _LONG_DIGITS.fullmatch(canonical):
            numbers.add(canonical)
    words = re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(map(re.escape, sorted(alone)))})(?![A-Za-z0-9_])")

    def holds(raw: str) -> bool:
        if any(value in raw for value in anywhere) or (alone and words.search(raw) is not None):
            return True
        if not numbers:
            return False
        digits = _NOT_DIGITS.sub("", raw)
        return any(number in digits for number in numbers)

    return holds
