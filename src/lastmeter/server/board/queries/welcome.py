"""How far a new company is on its way to the first brief: five steps, each ticked by what there is, not by what was clicked."""

from __future__ import annotations

from dataclasses import dataclass, field

from lastmeter.diagnosis import words
from lastmeter.journeys.blueprint import Blueprint
from lastmeter.journeys.fact_files import read_manifest
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.company import served, workspace
from lastmeter.server.intake.console.models import PROPOSED, ImportRun
from lastmeter.server.intake.console.queries import mapping_names, source_titles
from lastmeter.server.progress import ACTIVE
from lastmeter.workspace import Workspace


@dataclass(slots=True)
class Progress:
    """What there is: `told` event types; blueprints that fit them, and those that start with an event that nobody tells of."""

    told: frozenset[str] = frozenset()
    sources: list[Title] = field(default_factory=list)
    mappings: list[str] = field(default_factory=list)
    proposed: ImportRun | None = None
    importing: ImportRun | None = None
    fitting: list[Blueprint] = field(default_factory=list)
    idle: list[Blueprint] = field(default_factory=list)
    blueprint_error: Title | None = None
    is_built: bool = False
    is_stale: bool = False
    journeys: int = 0
    due: int = 0

    @property
    def has_events(self) -> bool:
        """Step 1 and 2: something is in the journal, so it has been read by some mapping."""
        return bool(self.told)

    @property
    def has_blueprint(self) -> bool:
        """Step 3: some blueprint fits what is told."""
        return bool(self.fitting)

    @property
    def has_journeys(self) -> bool:
        """Step 4: the fact tables hold journeys."""
        return self.is_built and self.journeys > 0

    @property
    def has_brief(self) -> bool:
        """Step 5: some journey has fallen due, so a brief has something to say."""
        return self.due > 0

    @property
    def steps(self) -> tuple[int, int]:
        """Of the steps of the blueprints that fit: how many some source tells of, and how many there are."""
        steps = [step for one in self.fitting for step in one.steps]
        return sum(any(event in self.told for event in step.event) for step in steps), len(steps)

    @property
    def sources_named(self) -> Title:
        """The sources in one line."""
        return Title("、".join(one.zh for one in self.sources), ", ".join(one.en for one in self.sources))

    @property
    def done(self) -> int:
        """Steps that are done."""
        return sum((self.has_events, self.has_events, self.has_blueprint, self.has_journeys, self.has_brief))

    @property
    def waits_for_worker(self) -> bool:
        """Whether the next step is the worker's."""
        return self.importing is not None or (self.has_events and self.has_blueprint and (not self.is_built or self.is_stale)
                                              and not self.has_brief)


def progress() -> Progress:
    """How far the company is."""
    found = Progress(mappings=mapping_names())
    states = served.journal.sources()
    called = source_titles()
    found.sources = [called.get(state.name, words.same(state.name)) for state in states]
    found.told = frozenset(kind for state in states for kind in state.event_types)
    found.proposed = ImportRun.objects.filter(state=PROPOSED).first()
    found.importing = ImportRun.objects.filter(state__in=ACTIVE).first()
    with workspace() as ws:
        try:
            newest = {one.kind: one for one in ws.blueprints}
        except LastMeterError as error:
            found.blueprint_error = Title(error.message("zh"), error.message("en"))
            newest = {}
        for blueprint in newest.values():
            (found.fitting if _fits(blueprint, found.told) else found.idle).append(blueprint)
        manifest = read_manifest(ws.facts_folder)
        if manifest is not None:
            found.is_built, found.journeys = True, manifest.journeys
            found.is_stale = ws.stale() or set(newest) != set(manifest.readings)
            found.due = _due(ws) if newest else 0
    return found


def _fits(blueprint: Blueprint, told: frozenset[str]) -> bool:
    """Whether its journeys can begin with what is told; those of a slice begin with any of their steps."""
    begins = blueprint.step(blueprint.start).event if blueprint.start else tuple(event for step in blueprint.steps for event in step.event)
    return any(event in told for event in begins)


def _due(ws: Workspace) -> int:
    import narwhals.stable.v2 as nw

    return len(ws.facts().journeys.filter(nw.col("counted")).select("journey_id").head(1).collect(backend="pyarrow"))
