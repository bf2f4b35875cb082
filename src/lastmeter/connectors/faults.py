"""Why a row or one of its events is set aside: one code, one sentence in both languages."""

from __future__ import annotations

from lastmeter.kernel.titles import Title

FAULTS: dict[str, Title] = {
    "too_few_columns": Title("列数比表头少", "Fewer columns than the header"),
    "too_many_columns": Title("列数比表头多", "More columns than the header"),
    "quote_open": Title("引号没有成对", "A quotation mark is not closed"),
    "line_too_long": Title("这一行超过 2 MB", "The line is longer than 2 MB"),
    "encoding": Title("这一行的编码与文件其余部分不同", "The line is not in the encoding of the rest"),
    "row_unreadable": Title("这一行无法拆成各列", "The line cannot be cut into columns"),
    "json_broken": Title("这一行不是一个完整的 JSON 对象", "The line is not one whole JSON object"),
    "cell_error": Title("有一格是公式错误（如 #N/A）", "A cell holds the error of a formula (such as #N/A)"),
    "number_rounded": Title("有一格是超过 15 位的数字，Excel 已把它舍入（如 1.2E+17），无法还原；请把该列设为文本格式后重新导出",
                            "A cell holds a number of more than 15 digits, which Excel has rounded (such as 1.2E+17) and nobody "
                            "can restore; make the column text and export again"),
    "id_rounded": Title("列“{column}”的编号被电子表格改成了科学计数（如 1.2E+17），无法还原；请把该列设为文本格式后重新导出",
                        "The id in “{column}” was turned into 1.2E+17 or the like by a spreadsheet and cannot be restored; "
                        "make the column text and export again"),
    "ocel_incomplete": Title("事件或对象缺少 id、type 或 time", "The event or object lacks its id, type or time"),
    "ocel_unknown_object": Title("事件提到了日志里没有的对象", "The event names an object that the log does not have"),
    "ocel_no_object": Title("事件没有提到任何对象", "The event names no object"),
    "cloudevent_incomplete": Title("消息缺少 id、source 或 type", "The message lacks its id, source or type"),
    "xes_no_case": Title("事件所在的案例没有名字（concept:name）", "The event's case has no name (concept:name)"),
    "xes_no_activity": Title("事件没有活动名（concept:name）", "The event has no activity (concept:name)"),
    "xes_no_time": Title("事件没有时间（time:timestamp）", "The event has no time (time:timestamp)"),
    "key_missing": Title("主键列“{column}”是空的", "The key column “{column}” is empty"),
    "id_reserved": Title("列“{column}”的编号以“~”加 16 个字符结尾，这种编号留给更正用",
                         "The id in “{column}” ends in “~” and 16 characters, which is kept for corrections"),
    "object_missing": Title("列“{column}”是空的，不知道是哪个对象的事件",
                            "The column “{column}” is empty, so it is not known whose event this is"),
    "time_unreadable": Title("列“{column}”的时间读不懂", "Cannot read the time in “{column}”"),
    "time_swapped": Title("列“{column}”的日和月似乎写反了", "Day and month look exchanged in “{column}”"),
    "time_mixed": Title("列“{column}”的日期写法与映射里的不同", "The date in “{column}” is written in another way than the mapping says"),
    "time_too_early": Title("列“{column}”的时间早于 1970 年", "The time in “{column}” is before 1970"),
    "time_far_future": Title("列“{column}”的时间在太远的将来", "The time in “{column}” lies too far in the future"),
    "time_too_coarse": Title("列“{column}”只有日期，没有映射所说的钟点",
                             "“{column}” holds only a day, not the time of day that the mapping promises"),
    "zone_unknown": Title("列“{column}”不是已知的时区", "“{column}” is not a known time zone"),
    "currency_unknown": Title("列“{column}”不是币种代码", "“{column}” is not a currency code"),
    "revision_unreadable": Title("列“{column}”既不是版本号也不是时间", "“{column}” is neither a revision number nor a time"),
    "value_unreadable": Title("列“{column}”不是 {type} 类型的值", "“{column}” is not a value of type {type}"),
}


def reason(code: str) -> Title:
    """The sentence of a code; its braces are `column` and `type`."""
    return FAULTS[code]
