"""The attributes of a message: flat names, the types that the journal has for them, and what of them is personal."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from lastmeter.connectors.mapping import Mapping as SourceMapping
from lastmeter.connectors.personal import PersonalKind, looks_personal, may_be_contact
from lastmeter.connectors.personal import kind_of as kind_of_name
from lastmeter.connectors.standard import words
from lastmeter.journal.columns import KNOWN_ATTRIBUTES
from lastmeter.journal.event import NUMBER_LIMIT
from lastmeter.kernel.clock import as_utc, day_in_utc, utc_of_local
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.money import exponent
from lastmeter.kernel.titles import Title

ATTRIBUTES = 200
"""So many attributes one message may have."""
TEXT = 20_000
"""So many characters a text may have."""
PLANS = 2_000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,4})?")
_IDENTIFIERS = re.compile(r"(?:^|_)(?:id|no|nr|number|code|key|ref|reference|sn|uuid|waybill|tracking)(?:_|$)")
_PROMISED_DAY = re.compile(r"promised_(\w+)_on")


@dataclass(frozen=True, slots=True)
class Privacy:
    """What of a source's messages is personal, where it is not the usual.

    `plain` names look personal and are not; `identities` are object types whose ids are phones, addresses or accounts;
    `relays` are prefixes of numbers that a platform lends.
    """

    personal: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    identities: frozenset[str] = frozenset()
    relays: tuple[str, ...] = ()

    def with_mapping(self, mapping: SourceMapping) -> Privacy:
        """The same, where the source's mapping says more."""
        kinds: dict[str, set[str]] = {"personal": set(), "said": set(), "plain": set()}
        identities = set(self.identities)
        for table in mapping.table:
            for rule in table.event:
                for name, attribute in rule.attributes.items():
                    kinds[attribute.type if attribute.type in kinds else "plain"].add(name)
                identities |= {kind for kind, where in rule.object_columns().items() if where.personal}
        return Privacy(
            self.personal | (kinds["personal"] - self.plain), self.said | (kinds["said"] - self.plain),
            self.plain | (kinds["plain"] - self.personal - self.said), frozenset(identities), self.relays,
        )

    def kind_of(self, name: str, registered: str | None, *, is_number: bool) -> PersonalKind | None:
        """Whether the values of an attribute belong into the vault."""
        if name in self.plain:
            return None
        if name in self.personal:
            return "personal"
        if name in self.said or name == "said":
            return "said"
        kind = kind_of_name(name, is_number=is_number)
        return kind or ("personal" if registered == "token" else None)


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of an attribute: its name in the journal, the type registered for it, whether its values are personal."""

    name: str
    registered: str | None
    text: PersonalKind | None
    number: PersonalKind | None
    watched: bool
    """Whether a text that looks like a phone or an e-mail address is one."""
    ready: type | None
    """Values of this Python type go into the journal as they are: texts of some length, that is."""


@dataclass(slots=True)
class Values:
    """The attributes of one message: those of the event, and those for the vault."""

    plain: dict[str, Any] = field(default_factory=dict)
    personal: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    """Types of new attributes that their values do not tell."""


_NONE: dict[str, str] = {}
_READY: dict[str, type] = {"text": str, "number": float, "boolean": bool}


class Attributes:
    """Reads the attributes of one source's messages; what it finds out about a name it finds out once."""

    def __init__(self, types: Mapping[str, str], privacy: Privacy) -> None:
        """`types` are those that the journal has."""
        self._types = types
        self._privacy = privacy
        self._plans: dict[str, Plan] = {}

    def read(self, given: Mapping[str, Any], zone: ZoneInfo) -> Values:
        """The attributes of a message; nested objects get names such as `address_city`.

        Raises:
            LastMeterError: `message.value`, `message.attributes`, `message.looks_personal`.
        """
        plain: dict[str, Any] = {}
        found: Values | None = None
        plans = self._plans
        for key, value in given.items():
            plan = plans.get(key)
            if plan is not None and type(value) is plan.ready and (
                    not isinstance(value, str) or (0 < len(value) <= TEXT and not (plan.watched and may_be_contact(value)))):
                plain[plan.name] = value
            elif value is not None:
                found = found or Values(plain)
                self._closely(found, key, value, zone)
        if len(given) > ATTRIBUTES or (found and len(plain) + len(found.personal) + len(found.said) > ATTRIBUTES):
            raise _too_many()
        return found or Values(plain, _NONE, _NONE, _NONE)

    def _closely(self, found: Values, key: str, value: Any, zone: ZoneInfo) -> None:
        if isinstance(value, dict):
            self._nested(found, key, value, zone)
        else:
            self._one(found, key, json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value, zone)

    def _nested(self, found: Values, key: str, value: dict[str, Any], zone: ZoneInfo, depth: int = 0) -> None:
        if value.keys() == {"amount", "currency"}:
            _money(found, _name(key), value)
            return
        if depth > 5 or len(value) > ATTRIBUTES:
            raise _too_many()
        for inner, one in value.items():
            if isinstance(one, dict):
                self._nested(found, f"{key}.{inner}", one, zone, depth + 1)
            elif one is not None:
                written = json.dumps(one, ensure_ascii=False) if isinstance(one, list) else one
                self._one(found, f"{key}.{inner}", written, zone)

    def _one(self, found: Values, key: str, value: Any, zone: ZoneInfo) -> None:
        plan = self._plans.get(key) or self._plan(key)
        is_text = type(value) is str
        kind = plan.text if is_text else plan.number
        if is_text and plan.watched and looks_personal(value):
            if plan.registered == "text":
                raise _looks_personal(plan.name)
            kind = "personal"
        if kind is not None:
            _keep(found, kind, plan.name, value if is_text else json.dumps(value))
        elif is_text and plan.registered == "text" and 0 < len(value) <= TEXT:
            found.plain[plan.name] = value
        else:
            read = _typed(plan.name, value, plan.registered or _type_of(plan.name, value), zone)
            if read is not None:
                found.plain[plan.name] = read
                if plan.name.startswith("promised_"):
                    _promise(found, plan.name, read, zone)

    def _plan(self, key: str) -> Plan:
        name = key if key in self._types else _name(key)
        registered = self._types.get(name)
        text, number = (self._privacy.kind_of(name, registered, is_number=is_number) for is_number in (False, True))
        watched = text is None and registered in {None, "text"} and name not in self._privacy.plain and not _IDENTIFIERS.search(name)
        ready = None if text or (number and registered != "text") or name.startswith("promised_") else _READY.get(registered or "")
        plan = Plan(name, registered, text, number, watched, ready)
        if len(self._plans) < PLANS:
            self._plans[key] = plan
        return plan


def _keep(found: Values, kind: PersonalKind, name: str, text: str) -> None:
    if len(text) > TEXT:
        raise _unreadable(name, "text")
    if text.strip():
        (found.said if kind == "said" else found.personal)[name] = text


def _promise(found: Values, name: str, read: Any, zone: ZoneInfo) -> None:
    """A promised day holds until it ends, where the message does not say until when."""
    day = _PROMISED_DAY.fullmatch(name)
    if day:
        found.plain.setdefault(f"promised_{day[1]}_at", day_in_utc(read, zone)[1])


@lru_cache(maxsize=5_000)
def _name(key: str) -> str:
    return key if _NAME.fullmatch(key) else words.code_of(key)[:63]


def _type_of(name: str, value: Any) -> str:
    """The type of an attribute that the journal does not have yet: JSON has one kind of number, names tell of times."""
    if name in KNOWN_ATTRIBUTES:
        return KNOWN_ATTRIBUTES[name]
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number" if abs(value) < NUMBER_LIMIT else "text"
    if name.endswith("_at") and _instant(value, None) is not None:
        return "time"
    if name.endswith("_on") and _day(value) is not None:
        return "date"
    return "text"


def _typed(name: str, value: Any, kind: str, zone: ZoneInfo) -> Any:
    """The value as the journal's type wants it; None for an empty text."""
    if kind == "text":
        text = value if type(value) is str else json.dumps(value)
        if len(text) > TEXT:
            raise _unreadable(name, kind)
        return text or None
    if value == "":
        return None
    read: Any = None
    match kind, value:
        case "boolean", bool():
            read = value
        case "boolean", "true" | "false":
            read = value == "true"
        case "number" | "integer" | "money", bool():
            read = None
        case "number", int() | float():
            read = float(value)
        case "number", str():
            read = float(value) if _AMOUNT.fullmatch(value) else None
        case "integer" | "money", int():
            read = value if abs(value) < 1 << 62 else None
        case "integer", float():
            read = int(value) if value.is_integer() and abs(value) < 1 << 62 else None
        case "integer", str():
            read = int(value) if re.fullmatch(r"-?[0-9]{1,18}", value) else None
        case "time", str():
            read = _instant(value, zone)
        case "date", str():
            read = _day(value)
    if read is None:
        raise _unreadable(name, kind)
    return read


def _money(found: Values, name: str, value: dict[str, Any]) -> None:
    """`{"amount": "12.50", "currency": "CNY"}` in minor units, its currency beside it."""
    amount, currency = str(value["amount"]), value["currency"]
    if not isinstance(currency, str) or not re.fullmatch(r"[A-Z]{3}", currency) or not _AMOUNT.fullmatch(amount):
        raise _unreadable(name, "money")
    whole, _, part = amount.partition(".")
    places = exponent(currency)
    if len(part.rstrip("0")) > places:
        raise _unreadable(name, "money")
    found.plain[name] = int(whole + part[:places].ljust(places, "0"))
    found.plain[f"{name}_currency"] = currency
    found.types[name] = "money"


def _instant(text: Any, zone: ZoneInfo | None) -> datetime | None:
    if not isinstance(text, str) or len(text) < 16:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return as_utc(moment)
    except (ValueError, OverflowError):
        return None
    return None if zone is None else utc_of_local(moment, zone)


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) and len(text) == 10 else None
    except ValueError:
        return None


def _unreadable(name: str, kind: str) -> LastMeterError:
    return LastMeterError(
        "message.value", Title("属性“{place}”不是 {type} 类型的值", "The attribute “{place}” is not a value of type {type}"),
        Title("时间写成 2026-03-01T10:00:00+08:00，日期 2026-03-01，金额 {{\"amount\": \"12.50\", \"currency\": \"CNY\"}} 或最小单位的整数",
              "Write times as 2026-03-01T10:00:00+08:00, dates as 2026-03-01, money as {{\"amount\": \"12.50\", \"currency\": \"CNY\"}} "
              "or whole minor units"),
        place=name, type=kind,
    )


def _too_many() -> LastMeterError:
    return LastMeterError(
        "message.attributes", Title("属性多于 {most} 个，或嵌套太深", "There are more than {most} attributes, or they are nested too deep"),
        Title("只发送有用的属性", "Send those that are of use"), most=ATTRIBUTES, place="attributes",
    )


def _looks_personal(name: str) -> LastMeterError:
    return LastMeterError(
        "message.looks_personal",
        Title("属性“{place}”的值像电话或邮箱，而它登记为普通文本",
              "The attribute “{place}” holds what looks like a phone or an e-mail address, and is registered as plain text"),
        Title("换一个属性名，或在数据源设置里声明它不是个人信息",
              "Use another name, or declare in the source's settings that it is not personal"), place=name,
    )
