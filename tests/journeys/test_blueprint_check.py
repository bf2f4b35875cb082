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
    ('limit = "48 hours"', 'limit = "two days"', "limit_wrong", 'Cannot read the limit; write "48 hours" or "3 days".'),
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
