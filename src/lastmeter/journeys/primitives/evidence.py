"""Required evidence: what each event of a step must carry, such as a photograph or the number of a sealed sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from lastmeter.journeys.grammar import Code, Codes, Columns, Levels, Rule
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.journeys.blueprint import Blueprint
    from lastmeter.journeys.scope import Scope


class Evidence(Rule):
    """Each event of `step` carries all of `attributes`, and none of them is blank. One that does not is one flaw."""

    TABLE: ClassVar[str] = "evidence"
    TITLE: ClassVar[Title] = Title("证据", "evidence")
    REMEDY: ClassVar[Title] = Title("“{cause}”每次都要留下", "Have “{cause}” on record, every time")

    step: Code
    attributes: Codes

    def step_references(self) -> Mapping[str, str]:
        """Key -> step."""
        return {"step": self.step}

    def needed(self, blueprint: Blueprint) -> list[tuple[str, ...]]:
        """The step that carries it."""
        return [blueprint.step(self.step).event]

    def needed_attributes(self) -> list[str]:
        """All of them: where no source can tell of one, its absence says nothing."""
        return list(self.attributes)

    def averting(self, blueprint: Blueprint) -> tuple[str, ...]:  # noqa: ARG002
        """Nothing: what an event carries is known with it."""
        return ()

    def aggregates(self, scope: Scope) -> Columns:
        """The events that lack any of it."""
        lacks = " OR ".join(f"coalesce(trim({scope.attribute(name, 'VARCHAR')}::VARCHAR), '') = ''" for name in self.attributes)
        element = "{'id': id, 'source': source, 'moment': moment, 'on': \"on\", 'excess': NULL::DOUBLE}"
        carriers = scope.is_type(scope.blueprint.step(self.step).event)
        return {f"{scope.prefix(self)}_found": f"list({element}) FILTER ({carriers} AND ({lacks}))"}

    def verdict(self, scope: Scope) -> Levels:
        """The usual."""
        p = scope.prefix(self)
        return [{f"{p}_flaws": f"coalesce(len({p}_found), 0)::INTEGER", f"{p}_undecided": "0",
                 f"{p}_pending": "NULL::TIMESTAMP"}]

    def flaw_rows(self, scope: Scope) -> str:
        """One for every event that lacks evidence, at its own time."""
        return self.each(scope)
