"""The months in which a journey's events lie, kept as bits, so that a build reads only those months again.

A month's bit is its number modulo 62: a span of more than five years may name months too many, never too few.
"""

from __future__ import annotations

from collections.abc import Iterator

_BITS = 62
MONTH_BITS_SQL = f"coalesce(bit_or(1::BIGINT << ((year(moment) * 12 + month(moment)) % {_BITS})), 0)"
"""An aggregate over the instants `moment`; undated ones have no month."""


def months_of(bits: int, first: str | None, last: str | None) -> Iterator[str]:
    """The months from `first` to `last` ("2018-03") whose bits are set."""
    if first is None or last is None:
        return
    number, end = _number(first), _number(last)
    while number <= end:
        if bits >> (number % _BITS) & 1:
            yield f"{(number - 1) // 12:04d}-{(number - 1) % 12 + 1:02d}"
        number += 1


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7])
