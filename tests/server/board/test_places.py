"""A kind of journey without steps or links, judged month by month: shared offices, whose places nobody travels through."""

from __future__ import annotations

from collections.abc import Iterator

import narwhals.stable.v2 as nw
import pytest

from lastmeter.demo.companies import sign, simulate
from lastmeter.server.board.queries import blueprints
from lastmeter.server.board.queries.journey import STEPLESS, Page, known_of, make_page
from lastmeter.server.people.permissions import Reach
from lastmeter.workspace import Workspace

COMPANY = "coworking"


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("offices") / "ws"
    Workspace.create(folder, template=COMPANY)
    sign(folder, COMPANY)
    made = simulate(folder / "exports", company=COMPANY, seed=7, events=5_000)
    with Workspace.open(folder) as ws:
        for source, files in made.files.items():
            ws.import_files(files, source=source, at=made.exported_at, as_of=made.exported_at)
        ws.build(at=made.exported_at)
        yield ws


@pytest.fixture(scope="module")
def month(offices: Workspace) -> Page:
    """A month of a place that is over and had a flaw."""
    rows = offices.facts("place").journeys.filter(nw.col("state") == "completed", nw.col("flaw_count") > 0).sort("journey_id")
    row = rows.head(1).collect(backend="pyarrow").to_native().to_pylist()[0]
    return make_page(known_of(offices, "place", row["journey_id"], Reach()))


def test_a_month_that_is_over_took_no_time_and_ended_with_the_month(month: Page) -> None:
    assert (month.sentence.zh, month.sentence.en) == ("已完成", "Completed")
    assert month.clause is not None
    assert "瑕疵" in month.clause.zh
    assert month.answer.where == STEPLESS
    assert month.answer.arrival.en.endswith("00:00")


def test_what_only_describes_the_place_is_no_line_of_its_timeline(month: Page) -> None:
    assert "object.described" in {event.type for event in month.known.view.events}
    assert "object.described" not in {item.title.en for item in month.items if item.title}


def test_a_kind_without_steps_begins_with_what_its_rules_read(offices: Workspace) -> None:
    begins = {one.kind: blueprints.begins(one) for one in offices.blueprints}
    assert set(begins["place"]) >= {"place.inspected", "place.smelled", "place.out_of_order"}
    assert set(begins["fault"]) == {"fault.reported"}
