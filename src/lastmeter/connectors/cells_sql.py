"""Cells of text to typed values, as SQL expressions: NULL where the cell does not hold such a value."""

from __future__ import annotations

import re

from lastmeter.connectors.engine import quoted
from lastmeter.kernel.money import exponent

# Ends like 10:00Z, 10:00+08, 10:00:00.5-03:00: the cell states its own offset.
_OFFSET = r":\d\d(\.\d+)?\s*(Z|UTC|[+-]\d\d(:?\d\d)?)$"
_EXTRA_FORMATS = {"month": "%Y-%m", "hour": "%Y-%m-%d %H"}
_TRUE, _FALSE = "('true', 't', 'yes', 'y', '1', '是')", "('false', 'f', 'no', 'n', '0', '否')"
# Amounts like 1,234.50
_GROUPED = r"^\s*-?\d{1,3}(,\d{3})+(\.\d+)?\s*$"
_ISO_DAY = "%Y-%m-%d"
_DAY_FORMS = (_ISO_DAY, "%Y/%m/%d", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y.%m.%d", "%Y年%m月%d")
_EXCHANGED = str.maketrans("dm", "md")
_DIGITS = 18
# Formats of a mapping for days counted by Excel, with their day 0: 45354.375 is 2024-03-03 09:00.
SERIALS = {"excel": "1899-12-30", "excel-1904": "1904-01-01"}
NUMBER_LIMIT = "9e12"


def has_offset(cell: str) -> str:
    """Whether a cell without a declared format states its own offset from UTC."""
    return f"(length({cell}) > 11 AND regexp_matches({cell}, {quoted(_OFFSET)}))"


def states_offset(time_format: str) -> bool:
    """Whether a declared format reads the offset from UTC."""
    return "%z" in time_format


def clock(cell: str, time_format: str | None, precision: str) -> str:
    """The local TIMESTAMP that a cell shows, or the UTC one where the format reads an offset."""
    if time_format in SERIALS:
        seconds = f"CAST(round(try_cast({cell} AS DOUBLE) * 86400) AS BIGINT)"
        day = f"try_cast({cell} AS DOUBLE) BETWEEN 1 AND 2958465"
        return f"CASE WHEN {day} THEN TIMESTAMP '{SERIALS[str(time_format)]}' + to_seconds({seconds}) END"
    if time_format is not None:
        text = f"coalesce(try_strptime({cell}, {quoted(time_format)}), try_strptime(trim({cell}), {quoted(time_format)}))"
        return f"CAST({text} AS TIMESTAMP)"
    readings = [f"try_cast({cell} AS TIMESTAMP)", f"try_cast(trim({cell}) AS TIMESTAMP)"]
    if extra := _EXTRA_FORMATS.get(precision):
        readings.append(f"try_strptime(trim({cell}), {quoted(extra)})")
    return f"coalesce({', '.join(readings)})"


def instant(cell: str) -> str:
    """The UTC TIMESTAMP of a cell that states its own offset."""
    return f"CASE WHEN {has_offset(cell)} THEN CAST(try_cast(trim({cell}) AS TIMESTAMPTZ) AS TIMESTAMP) END"


def day(cell: str, time_format: str | None) -> str:
    """DATE."""
    return f"CAST({clock(cell, time_format, 'day')} AS DATE)"


def integer(cell: str) -> str:
    """BIGINT; a fraction is not rounded but refused."""
    return f"CASE WHEN try_cast({cell} AS DOUBLE) = try_cast({cell} AS BIGINT) THEN try_cast({cell} AS BIGINT) END"


def number(cell: str) -> str:
    """DOUBLE, finite and small enough for six exact decimals."""
    value = f"try_cast({cell} AS DOUBLE)"
    return f"CASE WHEN abs({value}) < {NUMBER_LIMIT} THEN {value} END"


def boolean(cell: str) -> str:
    """BOOLEAN, from true, yes, 1, 是 and their opposites."""
    word = f"lower(trim({cell}))"
    return f"CASE WHEN {word} IN {_TRUE} THEN true WHEN {word} IN {_FALSE} THEN false END"


def money(cell: str, currency: str) -> str:
    """BIGINT minor units; decimals beyond them are rounded, so that 72.1900024 from a float is 72.19 again."""
    decimals = exponent(currency)
    kind = f"DECIMAL({_DIGITS}, {decimals})"
    grouped = f"CASE WHEN regexp_matches({cell}, {quoted(_GROUPED)}) THEN try_cast(replace({cell}, ',', '') AS {kind}) END"
    return f"CAST(coalesce(try_cast({cell} AS {kind}), {grouped}) * {10**decimals} AS BIGINT)"


def misreading(cell: str, time_format: str | None) -> str:
    """The fault's code for a cell that is no time in its declared form: day and month exchanged, another form, or none."""
    expected = (time_format or _ISO_DAY).split(" ")[0].split("T")[0]
    swapped = re.sub("%(-?[dm])", lambda found: "%" + found[1].translate(_EXCHANGED), expected)
    day = f"regexp_extract(trim({cell}), '^[^ T]+')"

    def reads(*forms: str) -> str:
        return f"try_strptime({day}, [{', '.join(quoted(form) for form in forms)}]) IS NOT NULL"

    return (
        f"CASE WHEN {reads(expected)} THEN 'time_unreadable' WHEN {reads(swapped)} THEN 'time_swapped' "
        f"WHEN {reads(*_DAY_FORMS)} THEN 'time_mixed' ELSE 'time_unreadable' END"
    )


def revision(cell: str) -> str:
    """BIGINT, from a number or from a time (microseconds since 1970)."""
    return f"coalesce({integer(cell)}, epoch_us(try_cast({cell} AS TIMESTAMP)))"


def rounded_id(cell: str) -> str:
    """Whether an id is one that a spreadsheet turned into a rounded number: 1.2E+17."""
    return f"(contains({cell}, 'E+') AND regexp_full_match({cell}, '[0-9](\\.[0-9]+)?E\\+[0-9]+'))"


def key_part(cell: str) -> str:
    """A cell as part of an id: the separator and what marks a version are escaped, so that no two keys share an id."""
    special = " OR ".join(f"contains({cell}, '{character}')" for character in ":%~")
    escaped = f"replace(replace(replace({cell}, '%', '%25'), ':', '%3A'), '~', '%7E')"
    return f"CASE WHEN {special} THEN {escaped} ELSE {cell} END"
