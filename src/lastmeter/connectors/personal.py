"""What is personal, told by a name or a value where nobody has declared it: one rule for proposals and for events over HTTP."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from lastmeter.connectors.proposal.recognisers.personal import (
    CONTACT,
    EMAIL,
    IDENTITY,
    MOBILE,
    PERSON,
    PERSONS_ALONE,
    THINGS,
)
from lastmeter.connectors.proposal.recognisers.texts import NAMED, NOT_SAID
from lastmeter.journal.vault import canonical_identity
from lastmeter.journeys.discovery.vocabulary import mentions, thing_in

PersonalKind = Literal["personal", "said"]
_EXTENSION = re.compile(r"(?:转|转接|分机|分机号|ext\.?|extension|x|[-,;_#*p])\s*([0-9]{1,6})$", re.IGNORECASE)
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=1[3-9][0-9]{9}$)")
_SUSPECT = re.compile(r"@|[0-9](?:[^0-9]{0,3}[0-9]){6}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_CONTACTS = (EMAIL, MOBILE, IDENTITY)


@lru_cache(maxsize=5_000)
def kind_of(name: str, *, is_number: bool = False) -> PersonalKind | None:
    """What the name of an attribute says of its values: personal, a customer's own words, or neither.

    `name` may be a path, `data.receiver.phone`. Numbers are personal only where the name speaks of contacts.
    """
    if mentions(name, CONTACT):
        return "personal"
    if is_number:
        return None
    if mentions(name, NAMED) and not mentions(name, NOT_SAID):
        return "said"
    if mentions(name, THINGS):
        return None
    if mentions(name, PERSONS_ALONE):
        return "personal"
    thing = thing_in(name)
    if mentions(name, PERSON) and (thing is None or thing.part == "customer" or thing.part == "performer"):
        return "personal"
    return None


def may_be_contact(value: str) -> bool:
    """Whether it is worth a closer look: an at sign, or seven digits with little between them. Most values have neither."""
    return len(value) >= 6 and _SUSPECT.search(value) is not None


def looks_personal(value: str) -> bool:
    """Whether a whole value looks like an e-mail address, a phone or an identity number."""
    if not may_be_contact(value):
        return False
    text = canonical_identity(value)
    return len(text) <= 254 and any(pattern.fullmatch(one) is not None for pattern in _CONTACTS for one in (text, value.strip()))


def is_relay(value: str, prefixes: tuple[str, ...] = ()) -> bool:
    """Whether a phone number is one that a platform lends for the time of an order: it never identifies a person.

    A mobile number with an extension always is: no telephone of a person has one. `prefixes`: of this company's relays,
    matched at the beginning of the national number, with or without an extension.
    """
    if not may_be_contact(value):
        return False
    text = value.strip()
    extension = _EXTENSION.search(text)
    digits = re.sub(r"[^0-9+]", "", text[: extension.start()] if extension else text)
    national = _COUNTRY.sub("", digits)
    if prefixes and national.startswith(prefixes):
        return True
    return extension is not None and _MOBILE.fullmatch(national) is not None
