"""What is wrong in a mapping, in words: the checker's findings turned into a message and a way to mend it."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from lastmeter.kernel.titles import Title
from lastmeter.kernel.toml_file import nearest

Place = tuple[str | int, ...]
Said = tuple[Title, Title]

_SAID: dict[str, Said] = {
    "table_twice": (
        Title("有两张表都叫“{name}”", "Two tables are named “{name}”"),
        Title("给其中一张换个名字", "Give one of them another name"),
    ),
    "watermark_column": (
        Title("数据水位取自列，但表“{table}”没有写是哪一列", "The watermark comes from a column, but table “{table}” names none"),
        Title('在这张表里加上 watermark = "列名"', 'Add watermark = "COLUMN" to this table'),
    ),
    "event_twice": (
        Title("同一行会产生两个编号相同的“{type}”事件", "One row would make two “{type}” events with the same id"),
        Title("用 when 区分，或在 occurrence 里写上区分它们的列",
              "Tell them apart with `when`, or name the column that does in `occurrence`"),
    ),
    "url_password": (
        Title("url 里不能写密码", "A url must not hold a password"),
        Title('把整个地址放进环境变量，写 url_env = "变量名"；或用 ~/.pgpass',
              'Put the whole address into an environment variable and write url_env = "NAME"; or use ~/.pgpass'),
    ),
    "url_twice": (
        Title("url 和 url_env 只能写一个", "Only one of url and url_env"),
        Title("去掉其中一个", "Leave one of them out"),
    ),
    "query_twice": (
        Title("表“{table}”同时写了 query 和 from", "Table “{table}” has both `query` and `from`"),
        Title("去掉其中一个", "Leave one of them out"),
    ),
    "query_missing": (
        Title("来源是数据库，但表“{table}”没有写 from 或 query",
              "The source is a database, but table “{table}” has neither `from` nor `query`"),
        Title('加上 from = "表名"', 'Add from = "TABLE"'),
    ),
    "query_without_url": (
        Title("表“{table}”写了数据库的设置，但来源没有 url", "Table “{table}” reads a database, but the source has no url"),
        Title('在 [source] 里加上 url = "sqlite:shop.db"，或 url_env = "变量名"',
              'Add url = "sqlite:shop.db" or url_env = "NAME" to [source]'),
    ),
    "statuses_type": (
        Title("事件类型“{type}”与 statuses 不配：一个以“*”结尾，另一个就要写上",
              "The event type “{type}” and `statuses` do not go together: a type ends in “*” exactly where there are statuses"),
        Title('写成 type = "parcel.*"，statuses = {{ list = "carriers", column = "列名" }}',
              'Write type = "parcel.*" and statuses = {{ list = "carriers", column = "COLUMN" }}'),
    ),
    "statuses_unknown": (
        Title("没有状态表“{list}”", "There is no list of statuses “{list}”"),
        Title("可以用：{lists}", "There are: {lists}"),
    ),
    "split_personal": (
        Title("对象“{name}”不能既是个人信息又是一格多个编号", "The object “{name}” cannot be personal and several ids in one cell"),
        Title("去掉 split 或 personal", "Leave out `split` or `personal`"),
    ),
    "template": (
        Title("模板“{template}”的花括号不成对", "The braces of the template “{template}” do not match"),
        Title('写成 "carrier:{{carrier_code}}" 的样子，花括号里是列名',
              'Write it like "carrier:{{carrier_code}}", with a column between the braces'),
    ),
    "when_word": (
        Title("看不懂条件 {column} = “{word}”", "Cannot read the condition {column} = “{word}”"),
        Title('写成值的列表，例如 ["paid"]，或 "!empty"、"empty"、{{ not = ["x"] }}',
              'Write a list of values such as ["paid"], or "!empty", "empty", {{ not = ["x"] }}'),
    ),
    "when_nothing": (
        Title("条件 {column} 的列表是空的，没有一行会满足", "The condition on {column} lists no value, so no row can meet it"),
        Title("写上至少一个值", "Name at least one value"),
    ),
    "attribute_type": (
        Title("属性“{name}”在这里是 {type}，在前面是 {first}", "The attribute “{name}” is {type} here and {first} further up"),
        Title("一个来源里同名的属性只能有一种类型：改类型或改名",
              "Within one source a name has one type: change the type or the name"),
    ),
    "attribute_origin": (
        Title("属性“{name}”要么取自 column，要么取固定的 value", "The attribute “{name}” takes either a column or a fixed value"),
        Title("只写其中一个", "Write exactly one of the two"),
    ),
    "attribute_constant": (
        Title("属性“{name}”的类型 {type} 不能用固定的 value", "The attribute “{name}” of type {type} cannot have a fixed value"),
        Title("改用 column，或换成 text、integer、number、boolean",
              "Take it from a column, or make it text, integer, number or boolean"),
    ),
    "attribute_reserved": (
        Title("属性名“{name}”以 promised_ 开头，这是留给承诺时间的",
              "The attribute name “{name}” begins with promised_, which is kept for promises"),
        Title("在 [table.event.promise] 里写承诺，或换个名字", "Write it under [table.event.promise], or choose another name"),
    ),
    "said_type": (
        Title("属性 said 是顾客的原话，类型必须是 said", "The attribute said holds the customer's words: its type must be said"),
        Title('写 type = "said"，原话会存入保险库', 'Write type = "said"; the words then go to the vault'),
    ),
    "currency_missing": (
        Title("金额“{name}”没有币种", "The amount “{name}” has no currency"),
        Title('在 [source] 里写 currency = "CNY"，或在这个属性里写 currency',
              'Write currency = "CNY" under [source], or a currency with this attribute'),
    ),
    "currency_useless": (
        Title("属性“{name}”不是金额，却写了币种", "The attribute “{name}” has a currency but is no amount"),
        Title('删去 currency，或写 type = "money"', 'Remove the currency, or write type = "money"'),
    ),
    "zone_unknown": (
        Title("不认识的时区“{zone}”", "Unknown time zone “{zone}”"),
        Title("请用 IANA 名称，例如 Asia/Shanghai", "Use an IANA name such as Asia/Shanghai"),
    ),
    "precision_impossible": (
        Title("格式“{format}”里没有钟点，精度不可能是 {precision}",
              "The format “{format}” has no hour, so its precision cannot be {precision}"),
        Title('写 precision = "day"，或在格式里加上钟点', 'Write precision = "day", or add the hour to the format'),
    ),
}

_BY_CHECK: dict[str, tuple[str, Said]] = {
    "missing": ("missing_key", (
        Title("缺少“{key}”", "“{key}” is missing"),
        Title("在这里补上这一项", "Add it here"),
    )),
    "literal_error": ("not_a_choice", (
        Title("“{value}”不能用于“{key}”", "“{value}” is not possible for “{key}”"),
        Title("可以写：{choices}", "Possible are: {choices}"),
    )),
    "string_pattern_mismatch": ("name_form", (
        Title("“{value}”不能用于“{key}”", "“{value}” is not possible for “{key}”"),
        Title("名称用小写英文字母、数字和下划线，事件类型写成 order.paid，币种写成 CNY",
              "Names are lower-case letters, digits and underscores; event types look like order.paid, currencies like CNY"),
    )),
    "too_short": ("empty_list", (
        Title("“{key}”是空的", "“{key}” is empty"),
        Title("至少写一项", "Give it at least one entry"),
    )),
    "string_too_short": ("empty_text", (
        Title("“{key}”是空的", "“{key}” is empty"),
        Title("写上列名", "Write the column's name"),
    )),
}
_WRONG_FORM: tuple[str, Said] = ("wrong_form", (
    Title("“{key}”的写法不对", "“{key}” is not written in a way that can be read"),
    Title("对照文档 formats 第 4 节的例子改写", "Write it as in the example of the page “formats”, section 4"),
))
_PLAIN_BRANCHES = ("str", "int", "float", "bool")
_UNKNOWN_KEY: Said = (
    Title("不认识的键“{key}”", "Unknown key “{key}”"),
    Title("{suggestion_zh}", "{suggestion_en}"),
)


def said(code: str, **places: object) -> Said:
    """Message and hint of a contradiction, filled in."""
    return _fill(_SAID[code], places)


def explain(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[Place, str, Title, Title]]:
    """(place, code, message, hint) of everything that the model's check found, one a place."""
    findings = [(_plain_place(found["loc"], model), found) for found in error.errors(include_url=False)]
    # A misspelt key is one mistake: that the right one is missing need not be said as well.
    places_seen = {(*place[:-1], near) for place, found in findings
                   if found["type"] == "extra_forbidden" and (near := _nearest_key(place, model))}
    for place, found in findings:
        if place in places_seen:
            continue  # the branches of a union each complain about one place
        places_seen.add(place)
        key = str(next((part for part in reversed(place) if isinstance(part, str)), ""))
        if found["type"] == "extra_forbidden":
            yield place, "mapping.unknown_key", *_fill(_UNKNOWN_KEY, {"key": key} | _suggestion(place, model))
            continue
        code, words = _BY_CHECK.get(found["type"], _WRONG_FORM)
        choices = str(found.get("ctx", {}).get("expected", "")).replace(" or ", ", ").replace("'", "")
        yield place, f"mapping.{code}", *_fill(words, {"key": key, "value": found["input"], "choices": choices})


def _suggestion(place: Place, model: type[BaseModel]) -> dict[str, object]:
    if near := _nearest_key(place, model):
        return {"suggestion_zh": f"是不是“{near}”？", "suggestion_en": f"Did you mean “{near}”?"}
    known = sorted(_fields_at(place[:-1], model))
    listed_zh, listed_en = "、".join(known), ", ".join(known)
    return {"suggestion_zh": f"这里可以写：{listed_zh}", "suggestion_en": f"Possible here are: {listed_en}"}


def _nearest_key(place: Place, model: type[BaseModel]) -> str | None:
    return nearest(str(place[-1]), sorted(_fields_at(place[:-1], model)))


def _fields_at(place: Place, model: type[BaseModel]) -> set[str]:
    return {field.alias or name for part in _models_at(place, model) for name, field in part.model_fields.items()}


def _models_at(place: Place, model: type[BaseModel]) -> list[type[BaseModel]]:
    """The models that may stand at a place: follow fields, lists, dictionaries and unions."""
    kinds: list[Any] = [model]
    for part in place:
        following: list[Any] = []
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                for name, field in kind.model_fields.items():
                    if part in (name, field.alias):
                        following += _unwrap(field.annotation)
            elif get_origin(kind) in (list, dict):
                following += _unwrap(get_args(kind)[-1])
        kinds = following
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]


def _unwrap(annotation: Any) -> list[Any]:
    """The alternatives of a union, without `Annotated`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _unwrap(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [kind for part in get_args(annotation) for kind in _unwrap(part)]
    return [annotation]


def _plain_place(loc: tuple[int | str, ...], model: type[BaseModel]) -> Place:
    """A place as the file spells it: without the names of union branches that the checker puts in between."""
    place: Place = ()
    for part in loc:
        is_branch = isinstance(part, str) and (part[:1].isupper() or "[" in part or part in _PLAIN_BRANCHES)
        if not is_branch or part == loc[-1] or _exists((*place, part), model):
            place = (*place, part)
    return place[:-1] if len(place) > 1 and place[-1] in _PLAIN_BRANCHES else place


def _exists(place: Place, model: type[BaseModel]) -> bool:
    return place[-1] in _fields_at(place[:-1], model)


def _fill(words: Said, places: dict[str, object]) -> Said:
    return tuple(Title(text.zh.format_map(places), text.en.format_map(places)) for text in words)  # type: ignore[return-value]
