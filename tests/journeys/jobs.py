"""Jobs at customers' homes in Shanghai, judged by rules that a test writes, with what a build makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from lastmeter.journal.event import Event, ObjectRef, Precision
from lastmeter.journeys.blueprint import Blueprint, load_blueprints
from lastmeter.journeys.build import build
from lastmeter.journeys.verify import verify
from tests.journeys.compare import Row, built_rows
from tests.journeys.fake_journal import FakeJournal, Source
from tests.journeys.shop import ZONE, day

HEAD = """
[journey]
kind = "job"
object = "job"
title = { zh = "工单", en = "Jobs" }
version = "1"
effective_from = 2018-01-01
start = "begun"

[[ending]]
state = "completed"
step = "finished"

[[ending]]
state = "cancelled"
step = "called_off"
""" + "".join(f"""
[[step]]
code = "{code}"
title = {{ zh = "{code}", en = "{code}" }}
event = "job.{code}"
""" for code in ("begun", "paid", "shipped", "finished", "called_off"))
STEPS = frozenset({"job.begun", "job.paid", "job.shipped", "job.finished", "job.called_off"})


@dataclass
class Jobs:
    """`rule` is the body of one rule, without code and title; `events` are the types that it asks for beside the steps."""

    folder: Path
    primitive: str
    rule: str
    events: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: day(30, 6))
    told: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        title = 'title = { zh = "规矩", en = "The rule" }\npost = "service"'
        text = f'{HEAD}\n[[{self.primitive}]]\ncode = "rule"\n{title}\n{self.rule}\n'
        (self.folder / "job.toml").write_text(text, encoding="utf-8")
        self.blueprints: tuple[Blueprint, ...] = tuple(load_blueprints(self.folder))
        self.journal = FakeJournal([Source("office", STEPS | set(self.events), self.at)], dict(self.attributes))

    def tell(
        self, kind: str, moment: datetime | None, name: str = "", *, precision: Precision = "second",
        performer: str | None = None, corrects: str | None = None, **attributes: Any,
    ) -> None:
        """One event of job j1; a day where the moment is one, by `precision`."""
        self.told += 1
        self.journal.add(Event(
            source="office", id=name or f"e{self.told}", type=kind, occurred_at=moment, zone=ZONE, precision=precision,
            objects=(ObjectRef("job", "j1"),), performer=performer, corrects=corrects,
            attributes=attributes))

    def known_to(self, office: datetime | None) -> None:
        self.journal.watermark("office", office)

    def built(self, at: datetime | None = None) -> dict[str, list[Row]]:
        """The rows after an incremental build, proven equal to a full one."""
        self.at = at or self.at
        with self.journal.snapshot() as snapshot:
            build(snapshot, self.blueprints, self.folder / "facts", at=self.at)
            assert verify(snapshot, self.blueprints, self.folder / "facts").differences == 0
        return built_rows(self.folder / "facts", self.blueprints)

    def flaws(self, at: datetime | None = None) -> list[tuple[str, date]]:
        """(occurrence, the day it came to be a flaw), in order of the day."""
        rows = self.built(at)["flaws"]
        assert all((row["rule"], row["primitive"], row["post"]) == ("rule", self.primitive, "service") for row in rows)
        return sorted(((row["occurrence"], row["occurred_on"]) for row in rows), key=lambda row: row[1])

    def undecided(self) -> int:
        return int(self.built()["journeys"][0]["undecided_count"])

    def next_due_at(self) -> datetime | None:
        moment: datetime | None = self.built()["journeys"][0]["next_due_at"]
        return moment
