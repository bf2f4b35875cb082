"""A blueprint with mistakes says which, on which line, and how to mend them, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from lastmeter.journeys.blueprint import check, load_blueprints
from lastmeter.journeys.primitives import primitives
from lastmeter.kernel.errors import LastMeterError

GOOD = (Path(__file__).parent / "blueprints_shop" / "order.toml").read_text(encoding="utf-8")


def problems(folder: Path, text: str, name: str = "order.toml") -> list[tuple[int, str, str]]:
    (folder / name).write_text(text, encoding="utf-8")
    return [(one.line, one.code, one.hint.en) for one in check(folder)]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_good_one_has_no_problems_and_reads_in_the_order_of_the_file(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD) == []
    blueprint = load_blueprints(tmp_path)[0]
    assert [(rule.code, rule.primitive) for rule in blueprint.rules()] == [
        ("delivery", "promise"), ("packing", "link"), ("transport", "link"), ("notice", "required"),
        ("damaged", "forbidden"), ("low_score", "feedback")]
    assert (blueprint.kind, blueprint.title.zh, blueprint.links[0].post, blueprint.start) == ("order", "订单", "warehouse", "bought")


@pytest.mark.parametrize(("old", "new", "code", "hint"), [
    ('limit = "48 hours"', 'limitt = "48 hours"', "unknown_key", "Did you mean “limit”?"),
    ('limit = "48 hours"', 'limit = "two days"', "limit_wrong",
     'Cannot read the limit; write "48 hours", "3 days", "8 working hours" or "2 working days".'),
    ('to = "shipped"', 'to = "shiped"', "step_unknown", "Did you mean “shipped”?"),
    ('code = "transport"', 'code = "packing"', "code_twice", "Every step and every rule has a code of its own."),
    ('code = "transport"', 'code = "Transport!"', "code_wrong",
     "“Transport!” may have lower-case letters, digits and underscores only, and starts with a letter."),
    ('version = "1"', "version = 1", "value_wrong", "Expected text in quotes."),
    ('effective_from = 2018-01-01', 'effective_from = "2018-01-01"', "value_wrong",
     "Expected a date such as 2018-03-01, without quotes."),
    ('abandoned_after_days = 30', "abandoned_after_days = 0", "value_wrong", "Expected a number above zero."),
    ('state = "completed"', 'state = "finished"', "value_wrong", "Expected one of: 'completed', 'cancelled' or 'returned'."),
    ('place = "customer.state"', 'place = "customer/state"', "path_wrong",
     'Write "seller", "customer.state", "customer>person" or "event:shipped.place".'),
    ('place = "customer.state"', 'plaice = "customer.state"', "unknown_key", "Did you mean “place”?"),
    ('place = "customer.state"', 'place = "event:shippd.place"', "step_unknown", "Did you mean “shipped”?"),
    ("[[forbidden]]", "[[forbiden]]", "unknown_key", "Did you mean “forbidden”?"),
    ('event = "order.damaged"', "event = []", "event_wrong",
     'An event type or a list of them belongs here, such as "order.paid".'),
    ('title = { zh = "破损", en = "Damaged" }', 'title = "Damaged"', "title_wrong",
     'A title has Chinese and English: { zh = "...", en = "..." }.'),
])
def test_one_mistake_is_found_on_its_line(tmp_path: Path, old: str, new: str, code: str, hint: str) -> None:
    text = GOOD.replace(old, new, 1)
    assert problems(tmp_path, text) == [(line_of(GOOD, old), f"blueprint.{code}", hint)]


RULE = """
[[{table}]]
code = "rule"
title = {{ zh = "规矩", en = "The rule" }}
{body}
"""


def with_rule(table: str, body: str) -> str:
    return GOOD.replace("[dimensions]", RULE.format(table=table, body=body) + "\n[dimensions]", 1)


@pytest.mark.parametrize(("table", "body"), [
    ("evidence", 'step = "arrived"\nattributes = ["photo", "sample_no"]'),
    ("count", 'event = "draft.confirmed"\nat_least = 3\nat_most = 5\nafter = "bought"\nbefore = "arrived"\ndistinct = "role"'),
    ("count", 'event = "draft.confirmed"\nat_most = 0'),
    ("recurrence", 'event = ["report.sent"]\nevery = "14 days"\nfrom = "bought"\nuntil = "arrived"'),
    ("order", 'first = "bought"\nthen = "shipped"'),
    ("forbidden", 'event = "visit.work_started"\nwithout = "visit.cover_laid"'),
    ("exclusive", 'start = "courier.assigned"\nend = "courier.released"\nby = "performer"'),
    ("price", 'quoted = { event = "order.quoted", attribute = "amount" }\n'
              'charged = { event = "order.charged", attribute = "amount" }\ntolerance = 0.05'),
])
def test_every_rule_of_the_grammar_is_read(tmp_path: Path, table: str, body: str) -> None:
    assert problems(tmp_path, with_rule(table, body)) == []
    assert load_blueprints(tmp_path)[0].rules()[-1][::2] == ("rule", table)


@pytest.mark.parametrize(("table", "body", "part", "code", "hint"), [
    ("count", 'event = "draft.confirmed"\nat_least = 5\nat_most = 3', "at_most = 3", "count_contradictory",
     "at_least (5) is above at_most (3), so no count fits; lower at_least or raise at_most."),
    ("count", 'event = "draft.confirmed"', "[[count]]", "count_missing", "Write at_least or at_most, or both."),
    ("count", 'event = "draft.confirmed"\nat_least = -1', "at_least = -1", "value_wrong", "Expected a number not below 0."),
    ("recurrence", 'event = "report.sent"\nevery = "14 days"', "[[recurrence]]", "key_missing",
     "Add a line from = ... to this section."),
    ("recurrence", 'event = "report.sent"\nevery = "2 working days"\nfrom = "bought"', "every", "span_wrong",
     'Cannot read the interval; write "14 days" or "48 hours".'),
    ("recurrence", 'event = "report.sent"\nevery = "0 days"\nfrom = "bought"', "every", "span_wrong",
     'Cannot read the interval; write "14 days" or "48 hours".'),
    ("order", 'first = "shipped"\nthen = "shipped"', 'then = "shipped"', "order_same_step",
     "“first” and “then” are the same step; name two different ones."),
    ("order", 'first = "shipped"\nthen = "arived"', 'then = "arived"', "step_unknown", "Did you mean “arrived”?"),
    ("evidence", 'step = "arrived"\nattributes = []', "attributes = []", "names_wrong",
     'A list of names belongs here, such as ["photo", "sample_no"].'),
    ("evidence", 'step = "arrived"\nattributes = "photo"', "attributes =", "names_wrong",
     'A list of names belongs here, such as ["photo", "sample_no"].'),
    ("price", 'quoted = { event = "order.quoted" }\ncharged = { event = "order.charged", attribute = "amount" }',
     "quoted =", "key_missing", "Add attribute = ... within the braces of “quoted”."),
    ("price", 'quoted = { event = "order.quoted", attribute = "amount", atribute = "amount" }\n'
              'charged = { event = "order.charged", attribute = "amount" }',
     "quoted =", "unknown_key", "Did you mean “attribute”?"),
    ("price", 'quoted = { event = "order.quoted", attribute = "amount" }\n'
              'charged = { event = "order.charged", attribute = "amount" }\ntolerance = 11', "tolerance = 11", "value_wrong",
     "Expected a number not above 10.0."),
    ("price", 'quoted = "amount"\ncharged = { event = "order.charged", attribute = "amount" }', 'quoted = "amount"', "value_wrong",
     "Expected a table of settings."),
    ("exclusive", 'start = "courier.assigned"', "[[exclusive]]", "key_missing", "Add a line end = ... to this section."),
    ("forbidden", 'event = "visit.work_started"\nwithout = []', "without = []", "event_wrong",
     'An event type or a list of them belongs here, such as "order.paid".'),
])
def test_a_rule_that_cannot_be_kept_is_found_on_its_line(
    tmp_path: Path, table: str, body: str, part: str, code: str, hint: str
) -> None:
    text = with_rule(table, body)
    place = text.index(part, text.index("\n[[forbidden]]\ncode = \"rule\"") if table == "forbidden" else 0)
    assert problems(tmp_path, text)[0] == (text[:place].count("\n") + 1, f"blueprint.{code}", hint)


def test_orders_in_a_circle_are_noted_where_it_closes(tmp_path: Path) -> None:
    text = with_rule("order", 'first = "bought"\nthen = "shipped"') + "".join(
        RULE.format(table="order", body=f'first = "{first}"\nthen = "{then}"').replace('"rule"', f'"rule_{first}"')
        for first, then in (("shipped", "arrived"), ("arrived", "bought")))
    assert problems(tmp_path, text) == [
        (line_of(text, 'then = "bought"'), "blueprint.order_circle", "Leave one of them out, or swap “first” and “then”.")]


ENDINGS = """[[ending]]
state = "completed"
step = "arrived"

[[ending]]
state = "cancelled"
step = "cancelled"
"""


def test_without_an_ending_no_journey_ends(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD.replace(ENDINGS, "")) == [
        (1, "blueprint.ending_missing", 'Add an [[ending]] with state = "completed" and the step that completes it.')]


def test_the_step_of_an_ending_needs_an_event(tmp_path: Path) -> None:
    text = GOOD.replace('event = "order.arrived"\n', "")
    assert problems(tmp_path, text) == [
        (line_of(text, '[[step]]\ncode = "arrived"'), "blueprint.key_missing", "Add a line event = ... to this section.")]


def test_an_ending_that_a_stronger_one_always_takes_is_found(tmp_path: Path) -> None:
    text = GOOD.replace('event = "order.arrived"', 'event = "order.cancelled"')
    assert problems(tmp_path, text) == [
        (line_of(text, 'step = "arrived"'), "blueprint.ending_hidden", "Give the two endings different events.")]


def test_links_in_a_circle_that_leads_to_no_ending_are_found(tmp_path: Path) -> None:
    text = GOOD.replace('to = "arrived"', 'to = "bought"')
    assert problems(tmp_path, text) == [
        (line_of(text, 'to = "bought"'), "blueprint.link_circle",
         "Change this link, or add one that leads to the step of an ending.")]


def test_a_circle_that_an_ending_can_leave_is_rework_and_allowed(tmp_path: Path) -> None:
    back = '[[link]]\ncode = "rework"\ntitle = { zh = "返工", en = "Rework" }\nfrom = "shipped"\nto = "bought"\n\n'
    assert problems(tmp_path, GOOD.replace("[dimensions]", back + "[dimensions]", 1)) == []


def test_a_link_from_a_step_to_itself_is_found(tmp_path: Path) -> None:
    text = GOOD.replace('to = "shipped"', 'to = "bought"', 1)
    assert problems(tmp_path, text) == [
        (line_of(text, 'to = "bought"'), "blueprint.link_same_step", "Name two different steps in “from” and “to”.")]


def test_all_of_this_is_said_in_chinese_too(tmp_path: Path) -> None:
    text = with_rule("count", 'event = "draft.confirmed"\nat_least = 5\nat_most = 3')
    (tmp_path / "order.toml").write_text(text, encoding="utf-8")
    assert check(tmp_path)[0].hint.zh == "at_least（5）大于 at_most（3），没有次数能同时满足；改小 at_least 或改大 at_most。"


def test_a_missing_key_is_found_in_its_section(tmp_path: Path) -> None:
    text = GOOD.replace('to = "shipped"\n', "", 1)
    assert problems(tmp_path, text) == [
        (line_of(text, '[[link]]\ncode = "packing"'), "blueprint.key_missing", "Add a line to = ... to this section.")]


def test_all_mistakes_are_found_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('limit = "48 hours"', 'limit = "48h"').replace("below = 3", 'below = "three"').replace(
        'on = "bought"', 'on = "sold"')
    assert [code for _, code, _ in problems(tmp_path, text)] == [
        "blueprint.step_unknown", "blueprint.limit_wrong", "blueprint.value_wrong"]


def test_broken_toml_says_where(tmp_path: Path) -> None:
    text = GOOD.replace('limit = "48 hours"', 'limit = "48 hours')
    assert [line for line, _, _ in problems(tmp_path, text)] == [line_of(text, 'limit = "48 hours')]


def test_two_files_of_one_version_clash(tmp_path: Path) -> None:
    problems(tmp_path, GOOD)
    found = problems(tmp_path, GOOD.replace('object = "order"', 'object = "parcel"'), "other.toml")
    assert [code for _, code, _ in found] == ["blueprint.version_clash"] * 3


def test_loading_raises_the_first_problem_with_file_and_line(tmp_path: Path) -> None:
    text = GOOD.replace('limit = "48 hours"', 'limitt = "48 hours"')
    problems(tmp_path, text)
    with pytest.raises(LastMeterError) as raised:
        load_blueprints(tmp_path)
    assert raised.value.code == "blueprint.unknown_key"
    assert raised.value.message("zh") == f"order.toml 第 {line_of(text, 'limitt')} 行：不认识的键“limitt”。"


def test_titles_and_comments_do_not_change_the_digest(tmp_path: Path) -> None:
    digests = []
    for text in (GOOD, "# of spring\n" + GOOD.replace("Damaged", "Broken"), GOOD.replace("48 hours", "47 hours")):
        problems(tmp_path, text)
        digests.append(load_blueprints(tmp_path)[0].digest)
    assert digests[0] == digests[1] != digests[2]


def test_every_primitive_has_a_file_of_its_own() -> None:
    folder = Path(primitives.__wrapped__.__code__.co_filename).parent
    assert sorted(primitives()) == sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def test_every_primitive_says_what_it_is_called() -> None:
    titles = [one.TITLE for one in primitives().values()]
    assert len({title.zh for title in titles}) == len({title.en for title in titles}) == len(titles)
