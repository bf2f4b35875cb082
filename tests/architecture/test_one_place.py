"""To add one thing is to touch one place: a sample of each is added as one file, and works without touching another.

A sample joins its package as if its file lay beside the others; the workspace of the tests sells tea.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest
from tests.diagnosis.northquay import BLUEPRINT, COMPANY, POSTS, facts_of, two_years
from tests.indicators.facts_factory import ENGINES, example_facts
from typer.testing import CliRunner

from lastmeter.charts.brief_html import render_html
from lastmeter.charts.brief_text import render_text
from lastmeter.charts.theme import theme
from lastmeter.cli.app import make_app
from lastmeter.diagnosis.brief import make_brief
from lastmeter.indicators import measure, registry
from lastmeter.indicators.reference import reference
from lastmeter.journeys.blueprint import check
from lastmeter.kernel.periods import parse_period
from lastmeter.workspace import Workspace

AT = datetime(2025, 4, 1)
MAPPING = """
[source]
name = "shop"
title = { zh = "网店", en = "Web shop" }
zone = "Asia/Shanghai"

[[table]]
name = "orders"
key = ["order_no"]

[[table.event]]
type = "order.placed"
at = "ordered_at"
objects = { order = "order_no" }

[[table.event]]
type = "order.delivered"
at = "delivered_at"
objects = { order = "order_no", parcel = "parcel_no" }

[[table]]
name = "tries"
key = ["order_no", "attempt"]

[[table.event]]
type = "parcel.out_for_delivery"
at = "tried_at"
objects = { order = "order_no", parcel = "parcel_no" }
"""
ORDERS = """order_no,parcel_no,ordered_at,delivered_at
T1,P1,2025-03-02 09:00:00,2025-03-04 11:00:00
T2,P2,2025-03-03 10:00:00,2025-03-08 16:00:00
"""
TRIES = """order_no,parcel_no,attempt,tried_at
T1,P1,1,2025-03-04 08:00:00
T2,P2,1,2025-03-05 08:00:00
T2,P2,2,2025-03-06 08:00:00
T2,P2,3,2025-03-08 08:00:00
"""
ORDER = """
[journey]
kind = "order"
object = "order"
title = { zh = "订单", en = "Orders" }
version = "1"
effective_from = 2025-01-01
start = "placed"

[[step]]
code = "placed"
title = { zh = "下单", en = "Ordered" }
event = "order.placed"

[[step]]
code = "delivered"
title = { zh = "签收", en = "Delivered" }
event = "order.delivered"

[[ending]]
state = "completed"
step = "delivered"

[[link]]
code = "delivery"
title = { zh = "送货", en = "Delivery" }
from = "placed"
to = "delivered"
limit = "4 days"
"""


@contextmanager
def one_file(folder: Path, package: ModuleType, name: str, source: str, *caches: Callable[..., Any]) -> Iterator[None]:
    """The package with one more file, forgotten afterwards; `caches` remember what the package held before."""
    folder.mkdir()
    (folder / f"{name}.py").write_text(dedent(source), encoding="utf-8")
    before = list(package.__path__)
    package.__path__ = [*before, str(folder)]
    importlib.invalidate_caches()
    _forget(caches)
    try:
        yield
        assert [path.name for path in folder.iterdir() if path.is_file()] == [f"{name}.py"]
    finally:
        package.__path__ = before
        sys.modules.pop(f"{package.__name__}.{name}", None)
        if hasattr(package, name):
            delattr(package, name)
        _forget(caches)


def _forget(caches: tuple[Callable[..., Any], ...]) -> None:
    for cached in caches:
        cached.cache_clear()  # type: ignore[attr-defined]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    Workspace.create(folder)
    for old in (*folder.glob("sources/*.toml"), *folder.glob("blueprints/*.toml")):
        old.unlink()
    (folder / "sources" / "shop.toml").write_text(MAPPING, encoding="utf-8")
    (folder / "blueprints" / "order.toml").write_text(ORDER, encoding="utf-8")
    return folder


def imported(folder: Path, **files: str) -> Workspace:
    """The workspace with these exports (name without its ending's dot: `orders_csv`) in its journal."""
    exports = folder.parent / "exports"
    exports.mkdir(exist_ok=True)
    for name, text in files.items():
        (exports / name.replace("_", ".")).write_text(text, encoding="utf-8")
    ws = Workspace.open(folder)
    ws.import_files(sorted(exports.iterdir()), source="shop", at=AT)
    return ws


def settings_of(folder: Path) -> set[Path]:
    """The files of a workspace that people write."""
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()
            and not {"journal", "facts"} & set(path.relative_to(folder).parts)}


def test_an_indicator_is_one_declaration(tmp_path: Path) -> None:
    import lastmeter.indicators.catalogue as package

    source = '''
        import narwhals.stable.v2 as nw
        from lastmeter.indicators.indicator import Example, Indicator
        from lastmeter.kernel.titles import Title

        INDICATORS = (
            Indicator(
                code="given_up_share", title=Title("放弃率", "Given up"),
                meaning=Title("到期的旅程中无人再管的占比。", "Of the journeys that fell due, the share that was given up."),
                unit="share", direction="down", table="journeys", population=nw.col("counted"), aggregation="share",
                hit=nw.col("state") == "abandoned", owner="logistics",
                example=Example(
                    rows=({"counted": True, "state": "abandoned"}, {"counted": True, "state": "open"}), expected=0.5, n=2,
                ),
            ),
        )
        '''
    with one_file(tmp_path / "added", package, "giving_up", source, registry._catalogue):
        added = registry.get("given_up_share")
        assert added.example
        for engine in ENGINES:
            (figure,) = measure(example_facts(engine, added), "given_up_share")
            assert figure.value == added.example.expected
        assert "放弃率 `given_up_share`" in reference(registry.all(), "zh")
    assert "given_up_share" not in {indicator.code for indicator in registry.all()}


def test_a_kind_of_journey_is_one_blueprint(shop: Path) -> None:
    before = settings_of(shop)
    parcel = ORDER.replace('"order"', '"parcel"').replace('"order.placed"', '"parcel.out_for_delivery"')
    (shop / "blueprints" / "parcel.toml").write_text(parcel.replace('"4 days"', '"2 days"'), encoding="utf-8")
    assert settings_of(shop) - before == {Path("blueprints/parcel.toml")}
    with imported(shop, orders_csv=ORDERS, tries_csv=TRIES) as ws:
        ws.build(at=AT)
        rows = ws.journeys("parcel").to_arrow().to_pylist()
        assert {row["journey_id"]: row["perfect"] for row in rows} == {"P1": True, "P2": False}
        assert len(ws.journeys("order").to_arrow()) == 2
        assert ws.brief(kind="parcel", period="2025-03").figures["perfect_journey_rate"] == 0.5
        assert ws.verify().differences == 0


def test_a_primitive_is_one_file(shop: Path, tmp_path: Path) -> None:
    import lastmeter.journeys.primitives as package

    source = '''
        """At most so many: an event that is no flaw unless it occurs too often."""

        from typing import ClassVar

        from lastmeter.journeys.grammar import Columns, Events, Levels, Rule
        from lastmeter.kernel.titles import Title


        class AtMost(Rule):
            """`event` may occur `times` times."""

            TABLE: ClassVar[str] = "at_most"
            TITLE: ClassVar[Title] = Title("最多几次", "at most")

            event: Events
            times: int

            def needed(self, blueprint) -> list[tuple[str, ...]]:
                return [self.event]

            def averting(self, blueprint) -> tuple[str, ...]:
                return ()

            def aggregates(self, scope) -> Columns:
                p, these = scope.prefix(self), f"FILTER ({scope.is_type(self.event)})"
                return {f"{p}_count": f"count(*) {these}", f"{p}_at": f"max(moment) {these}", f"{p}_on": f'max("on") {these}'}

            def verdict(self, scope) -> Levels:
                p = scope.prefix(self)
                return [{f"{p}_flaws": f"({p}_count > {self.times})::INTEGER", f"{p}_undecided": "0",
                         f"{p}_pending": "NULL::TIMESTAMP"}]

            def flaw_rows(self, scope) -> str:
                p = scope.prefix(self)
                return self.once(scope, at=f"{p}_at", on=f"{p}_on")
        '''
    rule = """
[[at_most]]
code = "tries"
title = { zh = "派送超过两次", en = "More than two tries" }
event = "parcel.out_for_delivery"
times = 2
"""
    blueprint = shop / "blueprints" / "order.toml"
    blueprint.write_text(ORDER + rule, encoding="utf-8")
    assert [problem.code for problem in check(blueprint)] == ["blueprint.unknown_key"]
    with one_file(tmp_path / "added", package, "at_most", source, package.primitives):
        assert check(blueprint) == []
        with imported(shop, orders_csv=ORDERS, tries_csv=TRIES) as ws:
            ws.build(at=AT)
            flaws = {(row["journey_id"], row["rule"], row["primitive"]) for row in ws.flaws().to_arrow().to_pylist()}
            assert flaws == {("T2", "tries", "at_most"), ("T2", "delivery", "link")}
            assert "More than two tries" in {row["title"] for row in ws.pareto(period="2025-03", lang="en").to_arrow().to_pylist()}
            assert "派送超过两次" in render_html(ws.brief(period="2025-03"), "zh")
            assert ws.verify().differences == 0


def test_a_kind_of_file_is_one_file(shop: Path, tmp_path: Path) -> None:
    import lastmeter.connectors.kinds as package

    source = '''
        """Lines of name=value pairs, as an old till writes them."""

        from contextlib import contextmanager

        import pyarrow as pa

        from lastmeter.connectors.kinds import Chunk, SourceKind, has_ending, numbered
        from lastmeter.kernel.titles import Title


        class _Till:
            def __init__(self, lines):
                self.lines = [dict(pair.split("=") for pair in line.split(";")) for line in lines]
                self.columns = list(self.lines[0])
                self.rows = len(self.lines)

            def chunks(self, columns, size):
                for first in range(0, self.rows, size):
                    part = self.lines[first:first + size]
                    cells = {f"c{place}": pa.array([line[name] or None for line in part], pa.string())
                             for place, name in enumerate(columns)}
                    yield Chunk(first, numbered(pa.table(cells), first))


        @contextmanager
        def _open(source, scratch):
            yield _Till(source.head().splitlines())


        KIND = SourceKind("till", Title("收银机", "Till"), (".till",), lambda source: has_ending(source, (".till",)), _open)
        '''
    names, *rows = ORDERS.splitlines()
    till = "\n".join(";".join(f"{name}={cell}" for name, cell in zip(names.split(","), row.split(","), strict=True)) for row in rows)
    with one_file(tmp_path / "added", package, "till", source, package.kinds):
        with imported(shop, orders_till=till) as ws:
            ws.build(at=AT)
            from_till = ws.journeys().to_arrow()
        assert from_till["fulfilled_at"].to_pylist() == [datetime(2025, 3, 8, 8), datetime(2025, 3, 4, 3)]


def test_a_chart_is_one_function(tmp_path: Path) -> None:
    import lastmeter.charts.altair as package

    source = '''
        """Flaws by post, as dots."""

        import altair as alt

        from lastmeter.charts.altair import in_house_style, values
        from lastmeter.kernel.titles import Title

        TITLE = Title("各岗位的瑕疵", "Flaws by post")


        def dots(table, lang="en"):
            chart = alt.Chart(values(table.to_pylist())).mark_point().encode(x="count:Q", y="post:N")
            return in_house_style(chart, TITLE.say(lang), "", lang)
        '''
    with one_file(tmp_path / "added", package, "dots", source):
        draw = importlib.import_module(f"{package.__name__}.dots").dots
        drawn = draw(pa.table({"post": ["logistics", "care"], "count": [7, 2]}), "zh").to_dict()
        assert drawn["title"]["text"] == "各岗位的瑕疵"
        assert list(drawn["datasets"].values()) == [[{"post": "logistics", "count": 7}, {"post": "care", "count": 2}]]
        assert drawn["config"]["font"] == theme("light", "zh")["config"]["font"]


def test_a_section_of_the_brief_is_one_file(tmp_path: Path) -> None:
    import lastmeter.diagnosis.sections as package

    source = '''
        """Which posts have no flaw to answer for."""

        from lastmeter.diagnosis.sections import Table, section
        from lastmeter.kernel.titles import Title


        @section(65, Title("无可指摘", "Nothing to answer for"))
        def spotless(study):
            """Posts without a flaw in the period."""
            blamed = {cause.post for cause in study.present_causes}
            rows = [[title] for post, title in study.posts.items() if post not in blamed]
            return Table([Title("岗位", "Post")], rows or [[Title("没有", "None")]])
        '''
    facts = facts_of(two_years())
    assert BLUEPRINT.kind in facts.blueprints
    given: dict[str, Any] = {"period": parse_period("2026-10"), "company": COMPANY, "posts": POSTS}
    with one_file(tmp_path / "added", package, "spotless", source, package.all_sections):
        brief = make_brief(facts, **given)
        orders = [maker.order for maker in package.all_sections()]
        codes = [section.code for section in brief.sections]
        assert orders == sorted(orders)
        assert codes.index("posts") < codes.index("spotless") < codes.index("better")
        assert "Nothing to answer for" in render_html(brief, "en")
        assert "无可指摘" in render_text(brief, "zh")
    assert make_brief(facts, **given).section("spotless") is None


def test_a_command_is_one_file(tmp_path: Path) -> None:
    import lastmeter.cli.commands as package

    source = '''
        """`lastmeter greet`: a word of welcome."""

        from lastmeter.cli.output import say
        from lastmeter.kernel.titles import Title

        HELP = Title("问候。", "Say hello.")


        def register(app, lang):
            @app.command("greet", help=HELP.say(lang))
            def greet() -> None:
                say(lang, Title("你好", "Hello"))
        '''
    with one_file(tmp_path / "added", package, "greet", source):
        assert "问候" in CliRunner().invoke(make_app("zh"), ["--help"]).stdout
        assert CliRunner().invoke(make_app("en"), ["greet"]).exit_code == 0
    assert CliRunner().invoke(make_app("en"), ["greet"]).exit_code != 0
