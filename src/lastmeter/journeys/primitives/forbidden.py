"""Forbidden acts: every occurrence of the event is one flaw."""

from __future__ import annotations

from typing import ClassVar

from lastmeter.journeys.grammar import OccurrenceRule


class Forbidden(OccurrenceRule):
    """`event` must not occur."""

    TABLE: ClassVar[str] = "forbidden"
