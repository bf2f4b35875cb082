"""Identity hash and digest of an event: keyed MD5, cut to 64 bits, over canonical bytes. Permanent.

The same bytes are made twice, in SQL for imports and in Python for single events; tests prove them equal.

Why MD5: of any hash 64 bits are kept, and the two hashes were a quarter of an import. Collisions can be made for MD5 by
who knows all that is hashed; here a secret stands before it and no hash is shown, and against keyed MD5 no practical
attack is known (RFC 6151, section 2.3). Nothing here proves anything to a third party.

Identity: MD5 of key, source and id, read as a little-endian number; its upper 64 bits are the hash. Digest: MD5 of the
*lower* 64 bits of that in decimal (which are kept nowhere, so the digest is keyed as well and depends on the identity)
and the other fields, in fixed order: a text as its length in bytes, `:` and the text, a number or time (microseconds
since 1970) followed by `;`, an absent field as the bare `:` or `;`. Attributes follow by name, each with its name before
it, absent ones left out. So no two events share their bytes. `recorded_at`, `batch`, `revision` and `local_on` are not part of it.

Both are taken of what was *stated*: a later version that the journal stored under `id~...` counts with its stated id.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache, partial
from hashlib import md5, sha256
from struct import Struct
from typing import Any

from lastmeter.journal.event import AttributeValue, Event, is_version

_EPOCH = datetime(1970, 1, 1)

# The columns between the identity and the attributes, in canonical order.
_FIELDS: tuple[tuple[str, str], ...] = (
    ("type", "text"),
    ("occurred_at", "time"),
    ("occurred_end", "time"),
    ("precision", "text"),
    ("zone", "text"),
    ("object_type", "text"),
    ("object_id", "text"),
    ("objects", "objects"),
    ("performer", "text"),
    ("place", "text"),
    ("channel", "text"),
    ("corrects", "text"),
    ("voids", "void"),
)
_KEY_LETTERS = 16
_LOWER = 2**64 - 1


class Digester:
    """Makes both hashes under one workspace's secret key."""

    def __init__(self, key: bytes) -> None:
        """`key`: 32 secret bytes. 96 bits of a key derived from them stand before what is hashed: one block less."""
        self._key = b64encode(sha256(b"identity" + key).digest()).decode()[:_KEY_LETTERS]

    def identity(self, source: str, identifier: str) -> int:
        """The 64-bit hash of (source, id)."""
        upper: int = _HALVES(_md5(f"{self._key}{_code(source)}{identifier}".encode()).digest())[1]
        return upper

    def digest(self, event: Event) -> int:
        """The 64-bit digest of all that an event says."""
        return self.both(event)[1]

    def both(self, event: Event) -> tuple[int, int]:
        """Identity and digest of an event as it was stated, in one go."""
        identifier = event.id
        if is_version(identifier):
            identifier = identifier[:-17]
        secret, identity = _HALVES(_md5(f"{self._key}{_code(event.source)}{identifier}".encode()).digest())
        return identity, _HALVES(_md5(f"{secret}{canonical(event)}".encode()).digest())[1]

    def identity_sql(self, *, stated: bool = True) -> str:
        """The same as `identity`, as a DuckDB expression over the columns `source` and `id` (see `digest_sql`)."""
        return _upper_sql(self._identity_number_sql(stated))

    def digest_sql(self, attributes: Mapping[str, str], *, stated: bool = True) -> str:
        """The same as `digest`, as a DuckDB expression over the columns of an event with these attributes.

        stated=True: the rows are as they were stated; False: they come from the journal and may be stored versions.
        """
        # As UBIGINT: writing the digits of a UHUGEINT takes ten times as long.
        parts = [f"({self._identity_number_sql(stated)} & {_LOWER}::UHUGEINT)::UBIGINT"]
        for name, kind in _FIELDS:
            column = STATED_CORRECTS_SQL if name == "corrects" and not stated else name
            parts += _field_sql(column, kind)
        parts += [_attribute_sql(name, attributes[name]) for name in sorted(attributes)]
        return _upper_sql(f"md5_number(concat({', '.join(parts)}))")

    def _identity_number_sql(self, stated: bool) -> str:
        return f"md5_number(concat('{self._key}', strlen(source), ':', source, {'id' if stated else STATED_ID_SQL}))"


# Over rows of the journal: the id and the target as they were stated.
STATED_ID_SQL = "(CASE WHEN id[-17] = '~' THEN id[:-18] ELSE id END)"
STATED_CORRECTS_SQL = "(CASE WHEN id[-17] = '~' AND id[:-18] = corrects THEN NULL ELSE corrects END)"


def canonical(event: Event) -> str:
    """The canonical text of an event without its identity; its UTF-8 bytes are what is hashed.

    Written out flat: every event that comes over HTTP passes here.
    """
    objects, attributes, at, corrects = event.objects, event.attributes, event.occurred_at, event.corrects
    primary, named = objects[0], ":"
    if len(objects) > 1:
        named = _text("".join([
            f"{_code(one.type)}{len(name) if (name := one.id).isascii() else len(name.encode())}:{name}" for one in objects[1:]
        ]))
    if corrects is not None:
        corrects = stated(event.id, corrects)[1]
    times = ";;"
    if at is not None:
        since = at - _EPOCH
        begin = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
        times = f"{begin};;" if event.precision == "second" else f"{begin};{_time(event.occurred_end)}"
    written = ""
    for name in sorted(attributes) if len(attributes) > 1 else attributes:
        value = attributes[name]
        if type(value) is str:
            written += f"{_code(name)}{len(value) if value.isascii() else len(value.encode())}:{value}"
        else:
            written += _ATTRIBUTE.get(type(value), _attribute)(name, value)
    name = primary.id
    return (
        f"{_code(event.type)}{times}{_code(event.precision)}{_code(event.zone)}{_code(primary.type)}"
        f"{len(name) if name.isascii() else len(name.encode())}:{name}{named}"
        f"{_code(event.performer)}{_code(event.place)}{_code(event.channel)}{':' if corrects is None else _text(corrects)}"
        f"{'v;' if event.voids else ';'}{written}"
    )


def stated(identifier: str, corrects: str | None) -> tuple[str, str | None]:
    """The id and the target as they were stated, of a row of the journal."""
    if not is_version(identifier):
        return identifier, corrects
    original = identifier[:-17]
    return original, None if corrects == original else corrects


def version_id(identifier: str, digest: int) -> str:
    """The id under which the journal keeps a later version of an event."""
    return f"{identifier}~{digest:016x}"


def version_id_sql() -> str:
    """The same as `version_id`, over the columns `id` and `digest`."""
    return "printf('%s~%016x', id, digest)"


def _fastest() -> Callable[[bytes], Any]:
    """MD5: to say each time that it is not for security takes a third longer, and only hardened systems ask for it."""
    try:
        md5(b"")  # noqa: S324 - not for security
    except ValueError:
        return partial(md5, usedforsecurity=False)
    return md5


_md5 = _fastest()
# The lower and the upper 64 bits of what DuckDB's md5_number() makes of a hash.
_HALVES = Struct("<QQ").unpack


def _upper_sql(number: str) -> str:
    """The upper 64 bits of a hash."""
    return f"({number} >> 64)::UBIGINT"


def _text(value: str | None) -> str:
    return ":" if value is None else f"{len(value) if value.isascii() else len(value.encode())}:{value}"


# Codes repeat: event and object types, zones, precisions, places.
_code = lru_cache(maxsize=4096)(_text)


def _time(value: datetime | None) -> str:
    return ";" if value is None else f"{_microseconds(value)};"


def _attribute(name: str, value: object) -> str:
    """Of a type that is not listed in `_ATTRIBUTE`: a subclass of one that is."""
    kind = next((kind for kind in (str, bool, float, datetime, date) if isinstance(value, kind)), int)
    return _ATTRIBUTE[kind](name, value)


# In the order in which a subclass is looked up: bool before int, datetime before date.
_ATTRIBUTE: dict[type, Callable[[str, Any], str]] = {
    type(None): lambda _name, _value: "",
    str: lambda name, value: f"{_code(name)}{len(value) if value.isascii() else len(value.encode())}:{value}",
    bool: lambda name, value: f"{_code(name)}{int(value)};",
    float: lambda name, value: f"{_code(name)}{math.floor(value * 1e6 + 0.5)};",
    datetime: lambda name, value: f"{_code(name)}{_microseconds(value)};",
    date: lambda name, value: f"{_code(name)}{_text(value.isoformat())}",
    int: lambda name, value: f"{_code(name)}{value};",
}


def _microseconds(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _field_sql(column: str, kind: str) -> list[str]:
    """The arguments of concat() for one field; concat() leaves NULLs out, so an absent one leaves the bare mark."""
    match kind:
        case "time":
            return [f"epoch_us({column})", "';'"]
        case "void":
            return [f"CASE WHEN {column} THEN 'v;' ELSE ';' END"]
        case "objects":
            one = "strlen(o.type) || ':' || o.type || strlen(o.id) || ':' || o.id"
            joined = f"array_to_string(list_transform({column}, lambda o: {one}), '')"
            return [f"strlen({joined})", "':'", joined]
        case _:
            return [f"strlen({column})", "':'", column]


def _attribute_sql(name: str, kind: str) -> str:
    """The argument of concat() for one attribute: || makes the whole of it NULL where there is no value."""
    column = f"attr_{name}"
    match kind:
        case "time":
            written = f"epoch_us({column}) || ';'"
        case "boolean":
            written = f"{column}::INTEGER || ';'"
        case "number":
            written = f"floor({column} * 1e6 + 0.5)::BIGINT || ';'"
        case "date":
            written = f"'10:' || strftime({column}, '%Y-%m-%d')"
        case "integer" | "money":
            written = f"{column} || ';'"
        case _:
            written = f"strlen({column}) || ':' || {column}"
    return f"('{len(name)}:{name}' || {written})"


def attribute_type(value: AttributeValue) -> str:
    """The attribute type that a Python value fits without being declared; text also stands for token."""
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case datetime():
            return "time"
        case date():
            return "date"
        case _:
            return "text"
