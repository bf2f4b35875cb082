"""The journal as an event log for tools of process mining."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lastmeter.journal import Journal
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.connectors.event_logs.ocel import WrittenLog

LOGS: dict[str, tuple[str, ...]] = {"xes": (".xes", ".xes.gz"), "ocel": (".json", ".jsonocel", ".sqlite")}
"""Forms of log, with the endings of their files."""


def write_log(journal: Journal, form: str, target: Path, object_type: str) -> WrittenLog:
    """Write all effective events as a log of a form, one of `LOGS`; `object_type` makes the cases of XES.

    Raises:
        LastMeterError: `export.log_ending`, `export.unwritable`.
    """
    from lastmeter.connectors.event_logs import ocel, xes
    from lastmeter.connectors.event_logs.reading import Events

    if not target.name.lower().endswith(LOGS[form]):
        raise LastMeterError(
            "export.log_ending",
            Title("导出 {form} 要写明文件：{endings}", "An export of {form} needs a file that ends in {endings}"),
            hint=Title("例如 -o log{first}", "For example -o log{first}"),
            form=form, endings=", ".join(LOGS[form]), first=LOGS[form][0],
        )
    with journal.snapshot() as snapshot:
        snapshot.define_events("exported")
        events = Events(snapshot.duck, "exported", snapshot.attributes())
        if form == "xes":
            return xes.write_xes(events, target, object_type)
        return (ocel.write_ocel_sqlite if target.suffix == ".sqlite" else ocel.write_ocel_json)(events, target)
