"""Identity hash and digest of an event: keyed SHA-256, cut to 64 bits, over canonical bytes. Permanent.

The same bytes are made twice, in SQL for imports and in Python for single events; tests prove them equal. The canonical
form of an event is the concatenation of its fields in fixed order, absent ones left out: a tag, then either the value's
length in bytes, `:` and the value (text), or the value and `;` (numbers, times in microseconds, booleans as 0 and 1).
So no two events share their bytes. `recorded_at`, `batch`, `revision` and `local_on` are not part of it.

Both are taken of what was *stated*: a later version that the journal stored under `id~...` counts with its stated id.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from datetime import date, datetime

from lastmeter.journal.event import AttributeValue, Event, is_version

_EPOCH = datetime(1970, 1, 1)

# Tag and column of the text fields and of the others, in canonical order.
_FIELDS: tuple[tuple[str, str, str], ...] = (
    ("s", "source", "text"),
    ("i", "id", "text"),
    ("t", "type", "text"),
    ("b", "occurred_at", "time"),
    ("e", "occurred_end", "time"),
    ("p", "precision", "text"),
    ("z", "zone", "text"),
    ("o", "object_type", "text"),
    ("k", "object_id", "text"),
    ("l", "objects", "objects"),
    ("d", "performer", "text"),
    ("w", "place", "text"),
    ("c", "channel", "text"),
    ("x", "corrects", "text"),
    ("v", "voids", "true"),
)


class Digester:
    """Makes both hashes under one workspace's secret key."""

    def __init__(self, key: bytes) -> None:
        """`key`: 32 secret bytes; what is hashed with are two keys derived from it."""
        self._identity_key = hashlib.sha256(b"identity" + key).hexdigest()[:32]
        self._digest_key = hashlib.sha256(b"digest" + key).hexdigest()[:32]

    def identity(self, source: str, identifier: str) -> int:
        """The 64-bit hash of (source, id)."""
        return _hash64(self._identity_key + _text(source) + identifier)

    def digest(self, event: Event) -> int:
        """The 64-bit digest of all that an event says."""
        return _hash64(self._digest_key + canonical(event))

    def identity_sql(self, *, stated: bool = True) -> str:
        """The same as `identity`, as a DuckDB expression over the columns `source` and `id` (see `digest_sql`)."""
        identifier = "id" if stated else STATED_ID_SQL
        text = f"concat('{self._identity_key}', strlen(source), ':', source, {identifier})"
        return _hash64_sql(text)

    def digest_sql(self, attributes: Mapping[str, str], *, stated: bool = True) -> str:
        """The same as `digest`, as a DuckDB expression over the columns of an event with these attributes.

        stated=True: the rows are as they were stated; False: they come from the journal and may be stored versions.
        """
        parts = [f"'{self._digest_key}'"]
        columns = {"id": STATED_ID_SQL, "corrects": STATED_CORRECTS_SQL} if not stated else {}
        parts += [_field_sql(tag, columns.get(name, name), kind) for tag, name, kind in _FIELDS]
        for name in sorted(attributes):
            kind = attributes[name]
            parts.append(_field_sql(f"a{len(name)}:{name}", f"attr_{name}", kind))
        return _hash64_sql(f"concat({', '.join(parts)})")


# Over rows of the journal: the id and the target as they were stated.
STATED_ID_SQL = "(CASE WHEN id[-17] = '~' THEN id[:-18] ELSE id END)"
STATED_CORRECTS_SQL = "(CASE WHEN id[-17] = '~' AND id[:-18] = corrects THEN NULL ELSE corrects END)"


def canonical(event: Event) -> str:
    """The canonical text of an event, as stated; its UTF-8 bytes are what is hashed."""
    identifier, corrects = stated(event.id, event.corrects)
    primary, *others = event.objects
    values: dict[str, object] = {
        "source": event.source,
        "id": identifier,
        "type": event.type,
        "occurred_at": event.occurred_at,
        "occurred_end": event.occurred_end,
        "precision": event.precision,
        "zone": event.zone,
        "object_type": primary.type,
        "object_id": primary.id,
        "objects": "".join(_text(other.type) + _text(other.id) for other in others) or None,
        "performer": event.performer,
        "place": event.place,
        "channel": event.channel,
        "corrects": corrects,
        "voids": event.voids or None,
    }
    parts = [_field(tag, values[name]) for tag, name, _kind in _FIELDS]
    parts += [_field(f"a{len(name)}:{name}", event.attributes[name]) for name in sorted(event.attributes)]
    return "".join(parts)


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


def _hash64(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _hash64_sql(text: str) -> str:
    return f"('0x' || sha256({text})[:16])::UBIGINT"


def _text(value: str) -> str:
    return f"{len(value.encode())}:{value}"


def _field(tag: str, value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return tag + _text(value)
        case bool():
            return f"{tag}{int(value)};"
        case float():
            return f"{tag}{math.floor(value * 1e6 + 0.5)};"
        case datetime():
            return f"{tag}{_microseconds(value)};"
        case date():
            return tag + _text(value.isoformat())
        case _:
            return f"{tag}{value};"


def _microseconds(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _field_sql(tag: str, column: str, kind: str) -> str:
    """The SQL of one field: concat() leaves NULLs out, and the || inside makes the whole field NULL."""
    match kind:
        case "time":
            return f"('{tag}' || epoch_us({column}) || ';')"
        case "true":
            return f"(CASE WHEN {column} THEN '{tag}1;' END)"
        case "boolean":
            return f"('{tag}' || {column}::INTEGER || ';')"
        case "number":
            return f"('{tag}' || floor({column} * 1e6 + 0.5)::BIGINT || ';')"
        case "date":
            return f"('{tag}10:' || strftime({column}, '%Y-%m-%d'))"
        case "objects":
            one = "strlen(o.type) || ':' || o.type || strlen(o.id) || ':' || o.id"
            joined = f"array_to_string(list_transform({column}, lambda o: {one}), '')"
            return f"('{tag}' || strlen({joined}) || ':' || {joined})"
        case "integer" | "money":
            return f"('{tag}' || {column} || ';')"
        case _:
            return f"('{tag}' || strlen({column}) || ':' || {column})"


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
