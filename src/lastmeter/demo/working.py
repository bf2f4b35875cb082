"""Working time for many moments at once: opening hours, holidays and make-up workdays of a template's calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib.resources import as_file, files

import numpy as np

from lastmeter.demo.season import Floats
from lastmeter.kernel.calendars import load_calendar
from lastmeter.kernel.clock import local_of_utc


@dataclass(frozen=True)
class WorkingTime:
    """Stretches of working time in order, local seconds from 1970; `worked_before` the seconds of those before each."""

    opens: Floats
    closes: Floats
    worked_before: Floats

    def worked(self, moments: Floats) -> Floats:
        """Seconds of working time before each moment; NaN stays NaN."""
        place = (np.searchsorted(self.opens, moments, side="right") - 1).clip(0, len(self.opens) - 1)
        inside = (moments - self.opens[place]).clip(0, self.closes[place] - self.opens[place])
        return np.asarray(self.worked_before[place] + inside)

    def later(self, moments: Floats, seconds: Floats) -> Floats:
        """When so many seconds of working time have passed after each moment."""
        wanted = self.worked(moments) + seconds
        place = (np.searchsorted(self.worked_before, wanted, side="left") - 1).clip(0, len(self.opens) - 1)
        return np.asarray(self.opens[place] + wanted - self.worked_before[place])


def working_time(template: str, calendar: str) -> WorkingTime:
    """The working time of a calendar of a template, or of a built-in one."""
    with as_file(files("lastmeter") / "workspace_template" / template / "calendars") as folder:
        found = load_calendar(calendar, folder)
    epoch = datetime(1970, 1, 1)
    opens, closes = (
        np.array([(local_of_utc(moment, found.zone) - epoch).total_seconds() for moment in moments])
        for moments in ([s.begins for s in found.stretches], [s.ends for s in found.stretches])
    )
    return WorkingTime(opens, closes, np.array([stretch.before / 1e6 for stretch in found.stretches]))
