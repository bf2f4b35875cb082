"""Times: columns whose values can be read as dates, whatever they are called."""

from __future__ import annotations

from lastmeter.connectors.proposal.claims import Claim, because
from lastmeter.connectors.proposal.reading import Column, Table
from lastmeter.connectors.proposal.time_shapes import TIME_WORDS, odd_time, shape_of
from lastmeter.journeys.discovery.vocabulary import act_in, mentions

_ODD = {
    "no_year": because("时间没有年份，映射读不了", "The times have no year; a mapping cannot read them"),
    "epoch": because("像是以数字写的时间戳，映射读不了；请导出为 2025-03-02 09:12 这样的时间",
                     "Looks like a timestamp written as a number, which a mapping cannot read; export it as 2025-03-02 09:12"),
}


def recognise(table: Table, column: Column) -> Claim | None:
    """Whether the values are times, and how they are written."""
    shape = shape_of(table, column)
    if shape is None:
        odd = odd_time(column)
        return Claim("unreadable", 0.9, _ODD[odd]) if odd else None
    named = mentions(column.name, TIME_WORDS) or act_in(column.name)
    written = shape.format or "ISO"
    if not shape.order_known:
        return Claim("time", 0.6, because("写法 {form}，但日和月可能写反：没有一个值能分清", "Written {form}, but day and month may be "
                                          "exchanged: no value tells them apart", form=written), time=shape)
    reason = because("所有值都能按 {form} 读成时间，精度 {precision}", "All values read as times ({form}), precision {precision}",
                     form=written, precision=shape.precision)
    return Claim("time", 0.92 if named else 0.85, reason, time=shape)
