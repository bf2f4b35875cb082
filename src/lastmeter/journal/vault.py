"""The vault: personal values and free text, the only place of the journal where they are kept, always in SQL.

Everything else holds tokens: sequential numbers that mean nothing. A value finds its token again by a keyed hash, so
the same value has the same token in every import, while nobody without the workspace's key can test a guess.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal, TypeVar, get_args

from lastmeter.journal import statements
from lastmeter.journal.connection import Connection
from lastmeter.kernel.masking import mask, redact

Kind = Literal["identity", "personal", "said"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TOKEN_PREFIX = "v~"  # noqa: S105 - not a password
"""What a token begins with: v~17."""
COUNTER = "vault_token"

_HASH_BYTES = 16
_AT_ONCE = 5_000
_PHONE = re.compile(r"[+0-9 ().\-]{7,}")
_MOBILE = re.compile(r"^(?:\+|00)?86(?=1[3-9][0-9]{9}$)")
_LANDLINE = re.compile(r"^(?:\+|00)86(?=(?:10|2[0-9]|[3-9][0-9]{2})[0-9]{7,8}$)")
_SERVICE = re.compile(r"^(?:\+|00)86(?=[48]00[0-9]{7}$)")
_EXTENSION = re.compile(r"(?:转接?|分机号?|ext\.?|extension|[-,x#]) *([0-9]{1,6})$", re.IGNORECASE)
_WITH_EXTENSION = re.compile(r"0[0-9]{9,11}|[48]00[0-9]{7}")
_T = TypeVar("_T")


class Vault:
    """Tokens for values and values for tokens, with the workspace's secret key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def tokens(self, connection: Connection, kind: Kind, values: Sequence[str | None]) -> list[str | None]:
        """One token for each value, in order; None for None and for an erased value.

        New values are added in the caller's write transaction. An identity is recognised in its usual spellings:
        `+86 138-0013-8000` is `13800138000`.
        """
        hashes = [None if value is None else self.hash_of(kind, value) for value in values]
        raw = {hashed: value for hashed, value in zip(hashes, values, strict=True) if hashed is not None}
        known = self._find(connection, raw)
        missing = [hashed for hashed in raw if hashed not in known]
        if missing:
            known |= self._add(connection, kind, {hashed: str(raw[hashed]) for hashed in missing})
        return [None if hashed is None else known.get(hashed) for hashed in hashes]

    def find(self, connection: Connection, kind: Kind, value: str) -> str | None:
        """The token of a value, None where the vault does not hold it; adds nothing."""
        hashed = self.hash_of(kind, value)
        return self._find(connection, [hashed]).get(hashed)

    def find_hashes(self, connection: Connection, hashes: Iterable[bytes]) -> dict[bytes, str]:
        """Tokens by the keyed hashes of their values; those that the vault does not hold are left out."""
        return self._find(connection, hashes)

    def reveal(
        self, connection: Connection, tokens: Iterable[str], *, raw: bool = False, kinds: Collection[Kind] = KINDS
    ) -> dict[str, str]:
        """What stands behind tokens: words redacted, personal values masked, or everything as it came (raw).

        Tokens that are unknown, erased or of other kinds are left out.
        """
        numbers = [int(token.removeprefix(TOKEN_PREFIX)) for token in set(tokens) if is_token(token)]
        shown: dict[str, str] = {}
        for part in batches(sorted(numbers), _AT_ONCE):
            for number, kind, value, redacted in connection.execute(_marked(statements.VAULT_REVEAL, part), part):
                if kind not in kinds:
                    continue
                if not raw:
                    value = (redacted or value) if kind == "said" else mask(value)
                shown[token_of(number)] = value
        return shown

    def hash_of(self, kind: str, value: str) -> bytes:
        """The keyed hash of a value, HMAC-SHA256 cut to 16 bytes; a hash of one kind says nothing about another's."""
        text = canonical_identity(value) if kind == "identity" else value
        return hmac.digest(self._key, f"{kind}\0{text}".encode("utf-8", "surrogatepass"), "sha256")[:_HASH_BYTES]

    def object_hash(self, object_type: str, object_id: str) -> bytes:
        """The keyed hash by which an erased object is remembered."""
        return self.hash_of("object", f"{object_type}\0{object_id}")

    def erased(self, connection: Connection, hashes: Iterable[bytes]) -> set[bytes]:
        """Those of the hashes that the log of erasures holds."""
        found: set[bytes] = set()
        for part in batches(sorted(set(hashes)), _AT_ONCE):
            found.update(bytes(row[0]) for row in connection.execute(_marked(statements.ERASED_FIND, part), part))
        return found

    def any_erased(self, connection: Connection, kind: str | None = None) -> bool:
        """Whether anything (of a kind) was ever erased; most workspaces can skip looking."""
        return any(kind in {None, row[0]} for row in connection.execute(statements.ERASED_KINDS))

    def erased_count(self, connection: Connection) -> int:
        """How many values and objects were ever erased."""
        return sum(int(row[1]) for row in connection.execute(statements.ERASED_KINDS))

    def remember_erased(self, connection: Connection, kind: str, hashes: Iterable[bytes], *, at: str) -> None:
        """Logs hashes as erased."""
        connection.executemany(statements.ERASED_ADD, [(hashed, kind, at) for hashed in sorted(set(hashes))])

    def forget(self, connection: Connection, tokens: Iterable[str]) -> list[tuple[bytes, Kind, str]]:
        """Removes the rows of tokens; their (hash, kind, raw value)."""
        numbers = sorted({int(token.removeprefix(TOKEN_PREFIX)) for token in tokens if is_token(token)})
        gone: list[tuple[bytes, Kind, str]] = []
        for part in batches(numbers, _AT_ONCE):
            for hashed, kind, raw in connection.execute(_marked(statements.VAULT_FORGET, part), part):
                gone.append((bytes(hashed), kind, raw))
        return gone

    def endings(self, connection: Connection, *, since: int, most: int) -> tuple[list[tuple[int, bytes]], int]:
        """The phone numbers among the `most` numbers of rows above `since`: (row, keyed hash of the last four digits), and the
        number up to which was looked.
        """
        last = min(since + most, last_number(connection, COUNTER))
        rows = connection.execute(statements.VAULT_PEOPLE, (since, last))
        return [(number, self.ending_hash(digits)) for number, raw in rows if (digits := ending_of(raw))], last

    def ending_hash(self, digits: str) -> bytes:
        """The keyed hash of the last four digits of a phone number."""
        return self.hash_of("ending", digits)

    def still_held(self, connection: Connection, numbers: Iterable[int]) -> set[int]:
        """Those of the numbers whose rows were not removed."""
        found: set[int] = set()
        for part in batches(sorted(set(numbers)), _AT_ONCE):
            found.update(row[0] for row in connection.execute(_marked(statements.VAULT_HELD, part), part))
        return found

    def held(self, connection: Connection, *, since: int = 0) -> set[str]:
        """Every token of the vault with a number above `since`."""
        return {token_of(row[0]) for row in connection.execute(statements.VAULT_TOKENS, (since,))}

    def _find(self, connection: Connection, hashes: Iterable[bytes]) -> dict[bytes, str]:
        """Tokens by hash. Hashes are looked up in their order: neighbours lie on the same pages of the index."""
        found: dict[bytes, str] = {}
        for part in batches(sorted(hashes), _AT_ONCE):
            for hashed, number in connection.execute(_marked(statements.VAULT_FIND, part), part):
                found[bytes(hashed)] = token_of(number)
        return found

    def _add(self, connection: Connection, kind: Kind, raw: dict[bytes, str]) -> dict[bytes, str]:
        """New tokens for values that are not erased."""
        for hashed in self.erased(connection, raw) if self.any_erased(connection, kind) else ():
            del raw[hashed]
        if not raw:
            return {}
        # Taking the numbers locks their row: whoever adds at the same time waits here, and then finds our values.
        last = take_numbers(connection, COUNTER, len(raw))
        known = self._find(connection, raw) if connection.dialect == "postgresql" else {}
        fresh = [hashed for hashed in sorted(raw) if hashed not in known]
        first = last - len(raw) + 1
        connection.executemany(
            statements.VAULT_ADD,
            (
                (number, kind, hashed, storable(raw[hashed]), _redacted(kind, raw[hashed]))
                for number, hashed in enumerate(fresh, first)
            ),
        )
        return known | {hashed: token_of(number) for number, hashed in enumerate(fresh, first)}


def token_of(number: int) -> str:
    """The token with that number."""
    return f"{TOKEN_PREFIX}{number}"


def is_token(text: str) -> bool:
    """Whether a text has the form of a token."""
    return text.startswith(TOKEN_PREFIX) and text[len(TOKEN_PREFIX) :].isdecimal()


def canonical_identity(value: str) -> str:
    """One spelling for the usual spellings of a phone number, an e-mail address or an account."""
    text = (value if value.isascii() else unicodedata.normalize("NFKC", value)).strip()
    if text.isalnum() and len(text) < 12:
        return text
    if "@" in text:
        return text.lower()
    extension = _EXTENSION.search(text)
    if extension and _PHONE.fullmatch(text, 0, extension.start()):
        number = _national(text[: extension.start()])
        if _WITH_EXTENSION.fullmatch(number):
            return f"{number}-{extension[1]}"
    return _national(text) if _PHONE.fullmatch(text) else text


def _national(text: str) -> str:
    """The digits of a phone number, a Chinese one without its country: 0086 10 8888 6666 is 01088886666."""
    digits = re.sub(r"[^0-9+]", "", text)
    return _LANDLINE.sub("0", _SERVICE.sub("", _MOBILE.sub("", digits)))


def ending_of(value: str) -> str | None:
    """The last four digits of a phone number; None of anything else."""
    text = value.strip()
    if not _PHONE.fullmatch(text):
        return None
    digits = re.sub(r"[^0-9]", "", text)
    return digits[-4:] if 7 <= len(digits) <= 15 else None


def take_numbers(connection: Connection, counter: str, count: int) -> int:
    """Takes that many numbers from a counter that never goes back; the last of them."""
    connection.execute(statements.SET_META_ONCE, (counter, "0"))
    return int(connection.execute(statements.TAKE_NUMBERS, (count, counter))[0][0])


def last_number(connection: Connection, counter: str) -> int:
    """The last number taken from a counter; 0 if none was."""
    found = connection.execute(statements.GET_META, (counter,))
    return int(found[0][0]) if found else 0


def storable(text: str) -> str:
    """The text without what PostgreSQL cannot hold: a NUL or half a surrogate pair becomes the replacement mark."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def batches(values: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """The values in lists of at most `size`."""
    iterator = iter(values)
    while part := list(islice(iterator, size)):
        yield part


def _redacted(kind: Kind, value: str) -> str | None:
    if kind != "said":
        return None
    text = redact(value)
    return None if text == value else storable(text)


def _marked(sql: str, values: Sequence[object]) -> str:
    return sql.format(marks=",".join("?" * len(values)))
