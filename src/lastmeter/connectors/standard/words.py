"""Names of a foreign log as codes of this one, and TOML written by hand so that it reads well."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping

# Attribute names that mean something of their own in the journal, or are kept for promises.
_RESERVED = re.compile(r"^(said|score|scale|promised_.*)$")
_EVENT_TYPE = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$")


def code_of(name: str) -> str:
    """A lower-case ASCII code; a name that leaves nothing in ASCII gets one from its digest, always the same."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    code = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    letters = sum(character.isalnum() for character in name)
    if 2 * len(code.replace("_", "")) < letters:
        code = f"{code or 'n'}_{hashlib.sha256(name.encode()).hexdigest()[:6]}"
    return code if code[:1].isalpha() else f"n_{code}"


def event_type(name: str, object_type: str) -> str:
    """`order.paid` as it is; another name becomes one of the object's."""
    return name if _EVENT_TYPE.match(name) else f"{object_type}.{code_of(name)}"


def attribute_names(columns: Iterable[str]) -> dict[str, str]:
    """A different attribute name for each column."""
    found: dict[str, str] = {}
    for column in columns:
        name = code_of(column)
        if _RESERVED.match(name):
            name = f"stated_{name}"
        stem, number = name, 1
        while name in found.values():
            number += 1
            name = f"{stem}_{number}"
        found[column] = name
    return found


def distinct_types(names: Iterable[str], object_type: str) -> dict[str, str]:
    """The event type of each name; names that would share one are told apart."""
    found: dict[str, str] = {}
    for name in names:
        kind = event_type(name, object_type)
        if kind in found.values():
            kind = f"{kind}_{hashlib.sha256(name.encode()).hexdigest()[:6]}"
        found[name] = kind
    return found


def text(value: str) -> str:
    """A TOML string."""
    return json.dumps(value, ensure_ascii=False)


def inline(values: Mapping[str, str]) -> str:
    """A TOML inline table of values that are TOML already."""
    return "{ " + ", ".join(f"{_key(name)} = {value}" for name, value in values.items()) + " }"


def listed(values: Iterable[str]) -> str:
    """A TOML array of strings."""
    return "[" + ", ".join(text(value) for value in values) + "]"


def source(name: str, zone: str, title_zh: str, title_en: str) -> list[str]:
    """The lines of `[source]`."""
    title = inline({"zh": text(title_zh), "en": text(title_en)})
    return ["[source]", f"name = {text(name)}", f"title = {title}", f"zone = {text(zone)}", 'watermark = "last_time"', ""]


def attribute_lines(columns: Mapping[str, str], types: Mapping[str, str]) -> list[str]:
    """`[table.event.attributes]` of columns by attribute name; types that the source leaves open are text."""
    if not columns:
        return []
    return ["[table.event.attributes]", *(
        f"{name} = {inline({'column': text(column), 'type': text(types.get(column, 'text'))})}"
        for column, name in columns.items()
    )]


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else text(name)
