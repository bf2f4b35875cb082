"""An event as a message: CloudEvents 1.0 or our own compact form, from JSON to what the journal takes.

What a message's `type`, `source` and `subject` mean is said once, in `standard.cloudevents`, for files and for HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from lastmeter.connectors.message_values import Attributes, Privacy, Values
from lastmeter.connectors.personal import is_relay, looks_personal, may_be_contact
from lastmeter.connectors.standard import words
from lastmeter.connectors.standard.cloudevents import event_id, object_and_type
from lastmeter.journal import Draft, Event, ObjectRef
from lastmeter.journal.erasure import PERSON_TYPES
from lastmeter.journal.vault import is_token
from lastmeter.kernel.clock import day_in_utc, local_of_utc, utc_of_local, zone_named
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

OBJECTS = 100
"""So many objects one message may name."""
NAME = 500
"""So many characters an id or a code may have."""
_TYPE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_OBJECT_TYPE = re.compile(r"[a-z][a-z0-9_]*")
_REVISIONS = 1 << 62
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class CloudEvent(msgspec.Struct, frozen=True, gc=False):
    """A CloudEvent in structured form. The extensions are ours; others are let pass.

    `objects`: `order:o-1,customer:c-7` or a list of {type, id}; the subject's alone where left out.
    """

    id: str
    source: str
    type: str
    specversion: str
    time: str | None = None
    subject: str | None = None
    data: Any = None
    objects: str | list[ObjectRef] | None = None
    performer: str | None = None
    place: str | None = None
    channel: str | None = None
    precision: str | None = None
    zone: str | None = None
    corrects: str | None = None
    voids: bool = False
    revision: int = 0


class Compact(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """An event in our own form: the fields of the journal's event. `source` may be left out where the address names it."""

    id: str
    type: str
    objects: list[ObjectRef] | dict[str, str]
    occurred_at: str | None = None
    source: str | None = None
    precision: str | None = None
    zone: str | None = None
    performer: str | None = None
    place: str | None = None
    channel: str | None = None
    corrects: str | None = None
    voids: bool = False
    revision: int = 0
    attributes: dict[str, Any] = {}


Message = CloudEvent | Compact
CLOUDEVENT = msgspec.json.Decoder(CloudEvent)
COMPACT = msgspec.json.Decoder(Compact)


@dataclass(frozen=True, slots=True)
class Reading:
    """How messages are read; shared by the requests of some seconds.

    `zone` is that of times without an offset. `types`: the attributes that the journal has. `privacy` and `zones` by source
    name, where a source has another than the usual.
    """

    zone: str
    types: Mapping[str, str]
    privacy: Mapping[str, Privacy] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    renewed: bool = False
    """Whether `types` were read anew for this request."""
    _attributes: dict[str, Attributes] = field(default_factory=dict)

    def attributes(self, source: str) -> Attributes:
        """The reader of a source's attributes."""
        found = self._attributes.get(source)
        if found is None:
            found = self._attributes[source] = Attributes(self.types, self.privacy_of(source))
        return found

    def privacy_of(self, source: str) -> Privacy:
        """What of a source's messages is personal."""
        return self.privacy.get(source, _USUAL)


_USUAL = Privacy()


def is_cloudevent(text: bytes | memoryview) -> bool:
    """Whether a JSON object is a CloudEvent: `specversion` is what every one has and nothing else."""
    return b'"specversion"' in bytes(text)


def decode(text: bytes) -> Message:
    """One message.

    Raises:
        LastMeterError: `message.unreadable`, `message.version`.
    """
    try:
        return CLOUDEVENT.decode(text) if is_cloudevent(text) else COMPACT.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise unreadable(error) from None


def draft_of(message: Message, reading: Reading, source: str | None = None) -> Event | Draft:
    """The event that a message tells; with what of it belongs into the vault, if anything does.

    `source` is the journal's source where the message does not state one by its code.

    Raises:
        LastMeterError: `message.*`, `event.*`, `zone.unknown`.
    """
    source = source_of(message.source, source)
    if type(message) is CloudEvent:
        if message.specversion != "1.0":
            raise _version()
        object_type, kind = object_and_type(message.type)
        stated, identifier, corrects = message.source, message.id, message.corrects
        if stated != source:
            identifier = event_id(stated, identifier, source)
            corrects = corrects and event_id(stated, corrects, source)
        when, text, given = "time", message.time, message.data
        objects = (ObjectRef(object_type, message.subject or message.id),) if message.objects is None else _objects(message.objects)
    else:
        kind, identifier, corrects = message.type, message.id, message.corrects
        when, text, given = "occurred_at", message.occurred_at, message.attributes  # type: ignore[union-attr]
        objects = _objects(message.objects or ())
    zone = message.zone or (reading.zones.get(source) if reading.zones else None) or reading.zone
    precision = message.precision
    occurred_at: datetime | None
    if precision is None and text is not None and text[-1:] == "Z" and len(text) > 10:
        occurred_at, precision = _utc(text, when), "second"
    else:
        occurred_at, precision = _time(text, precision, zone, when)
    objects, identities = _checked(objects, reading.privacy_of(source))
    _check_texts(source, identifier, kind, corrects, message)
    if not given:
        values = _NOTHING
    elif type(given) is dict:
        values = reading.attributes(source).read(given, zone_named(zone))
    else:
        raise _field("data")
    event = Event(
        source=source, id=identifier, type=kind, occurred_at=occurred_at, objects=objects, precision=precision,  # type: ignore[arg-type]
        zone=zone, performer=message.performer, place=message.place, channel=message.channel, corrects=corrects,
        voids=message.voids, revision=message.revision, attributes=values.plain,
    )
    if not (identities or values.personal or values.said or values.types):
        return event
    return Draft(event=event, personal=values.personal, said=values.said, identities=identities, types=values.types)


_NOTHING = Values()


@lru_cache(maxsize=1_000)
def source_of(stated: str | None, usual: str | None) -> str:
    """The journal's source of a message: what it states where that is a code, else the request's, else a code of what it states."""
    if stated is not None and _OBJECT_TYPE.fullmatch(stated):
        return stated
    return usual or (words.code_of(stated)[:80] if stated else "")


def unreadable(error: Exception) -> LastMeterError:
    """The error for what is no message; `place` is the JSON path, never a value."""
    path = re.search(r"at `([^`]*)`", str(error))
    missing = re.search(r"missing required field `(\w+)`", str(error))
    unknown = re.search(r"unknown field `(\w+)`", str(error))
    named = missing or unknown
    place = named[1] if named else (path[1].removeprefix("$").removeprefix(".") if path else "")
    if isinstance(error, msgspec.ValidationError) and (named or path):
        return LastMeterError(
            "message.field", Title("字段“{place}”缺失、多余或类型不对", "The field “{place}” is missing, unknown or of another type"),
            Title("对照文档“事件格式”", "See “Formats of events” in the documentation"), place=place[:80],
        )
    return LastMeterError(
        "message.unreadable", Title("不是一个完整的 JSON 对象", "This is not one whole JSON object"),
        Title("NDJSON 每行一个对象，编码为 UTF-8", "NDJSON has one object a line, in UTF-8"), place="",
    )


def _check_texts(source: str, identifier: str, kind: str, corrects: str | None, message: Message) -> None:
    """Refuse codes and ids that are empty, endless or hold what cannot be printed; looks closer only where that may be."""
    if not _is_type(kind):
        raise _field("type")
    performer, place, channel = message.performer, message.place, message.channel
    together = f"{source}{identifier}{performer}{place}{channel}{corrects}"
    if len(together) > NAME or not together.isprintable() or not identifier or "" in (source, performer, place, channel):
        _find_bad(source=source, id=identifier, performer=performer, place=place, channel=channel, corrects=corrects)
    if not -_REVISIONS < message.revision < _REVISIONS:
        raise _field("revision")


def _find_bad(**texts: str | None) -> None:
    for name, text in texts.items():
        if text is not None and (not 0 < len(text) <= NAME or _CONTROL.search(text)):
            raise _field(name)


@lru_cache(maxsize=2_000)
def _is_type(kind: str) -> bool:
    return len(kind) <= NAME and _TYPE.fullmatch(kind) is not None


@lru_cache(maxsize=2_000)
def _is_object_type(kind: str) -> bool:
    return len(kind) <= NAME and _OBJECT_TYPE.fullmatch(kind) is not None


def _objects(given: str | Sequence[ObjectRef] | dict[str, str]) -> tuple[ObjectRef, ...]:
    if isinstance(given, str):
        pairs = [part.split(":", 1) for part in given.split(",")]
        if any(len(pair) < 2 for pair in pairs):
            raise _field("objects")
        return tuple([ObjectRef(kind.strip(), name) for kind, name in pairs])
    if isinstance(given, dict):
        return tuple([ObjectRef(kind, name) for kind, name in given.items()])
    return tuple(given)


def _checked(objects: tuple[ObjectRef, ...], privacy: Privacy) -> tuple[tuple[ObjectRef, ...], tuple[int, ...]]:
    """The objects without lent numbers, and the places of those that are known by a phone, an address or an account."""
    if not 0 < len(objects) <= OBJECTS:
        raise _field("objects")
    kept: list[ObjectRef] | None = None
    places: tuple[int, ...] = ()
    for number, ref in enumerate(objects):
        kind, name = ref.type, ref.id
        if not name or not _is_object_type(kind) or (name[0] == "v" and is_token(name)):
            raise _field("objects")
        if len(name) > NAME or not (name.isprintable() or not _CONTROL.search(name)):
            raise _field("objects")
        is_identity = kind in privacy.identities
        if (is_identity or kind in PERSON_TYPES) and (is_identity or may_be_contact(name)):
            if is_relay(name, privacy.relays):
                if number == 0:
                    raise _relay()
                kept = [*objects[:number]] if kept is None else kept
                continue
            if is_identity or looks_personal(name):
                places = (*places, number if kept is None else len(kept))
        if kept is not None:
            kept.append(ref)
    return (objects if kept is None else tuple(kept)), places


def _utc(text: str, name: str) -> datetime:
    try:
        return datetime.fromisoformat(text[:-1])
    except ValueError:
        raise _field(name) from None


def _time(text: str | None, precision: str | None, zone: str, name: str) -> tuple[datetime | None, str]:
    """The start of the interval in UTC, and its precision: a bare day is one, a month too."""
    if text is None or precision == "unknown":
        if text is None and precision in {None, "unknown"}:
            return None, "unknown"
        raise _field(name)
    try:
        if len(text) <= 10:
            return _coarse(text, precision, zone)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is UTC:
            moment = moment.replace(tzinfo=None)
        elif moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        else:
            moment = utc_of_local(moment, zone_named(zone))
        if precision is None or precision == "second":
            return moment, "second"
        return _floored(moment, precision, zone), precision
    except (ValueError, OverflowError):
        raise _field(name) from None


def _coarse(text: str, precision: str | None, zone: str) -> tuple[datetime, str]:
    is_month = len(text) == 7
    wanted = precision or ("month" if is_month else "day")
    if wanted not in {"day", "month"} or (is_month and wanted == "day"):
        raise _field("precision")
    day = datetime.fromisoformat(f"{text}-01" if is_month else text).date()
    return day_in_utc(day.replace(day=1) if wanted == "month" else day, zone_named(zone))[0], wanted


def _floored(moment: datetime, precision: str, zone: str) -> datetime:
    local = local_of_utc(moment, zone_named(zone))
    match precision:
        case "minute":
            return moment.replace(second=0, microsecond=0)
        case "hour":
            return moment - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        case "day":
            return day_in_utc(local.date(), zone_named(zone))[0]
        case "month":
            return day_in_utc(local.date().replace(day=1), zone_named(zone))[0]
        case _:
            raise _field("precision")


def _field(name: str) -> LastMeterError:
    return LastMeterError(
        "message.field", Title("字段“{place}”缺失、多余或类型不对", "The field “{place}” is missing, unknown or of another type"),
        Title("对照文档“事件格式”", "See “Formats of events” in the documentation"), place=name,
    )


def _version() -> LastMeterError:
    return LastMeterError(
        "message.version", Title("只认 CloudEvents 1.0（specversion）", "Only CloudEvents 1.0 is known (specversion)"),
        Title("把 specversion 写成 1.0", "Write 1.0 into specversion"), place="specversion",
    )


def _relay() -> LastMeterError:
    return LastMeterError(
        "message.relay", Title("主要对象是平台临时借用的号码，不能代表一个人",
                                 "The first object is a number lent by a platform, which identifies nobody"),
        Title("用顾客编号，或把订单写在第一位", "Use the customer's id, or name the order first"), place="objects",
    )
