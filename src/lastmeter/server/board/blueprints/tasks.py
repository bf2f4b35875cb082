"""What the worker does for blueprints: tries a changed one out on history."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django_tasks import task

from lastmeter.journeys.blueprint import load_blueprints
from lastmeter.journeys.fact_files import read_manifest
from lastmeter.server import clock
from lastmeter.server.board.blueprints import files
from lastmeter.server.board.blueprints.models import NEW, BlueprintTrial
from lastmeter.server.board.blueprints.rejudging import rejudge
from lastmeter.server.company import workspace
from lastmeter.server.progress import Told, work


@task()
def try_out(number: int) -> None:
    """Do a trial."""
    work(BlueprintTrial, number, _do)


def _do(trial: BlueprintTrial, tell: Told) -> None:
    """A correction is judged among the other versions of its kind; a new version as if it had held all along."""
    with workspace() as ws, tempfile.TemporaryDirectory(prefix="lastmeter-") as scratch:
        now = [one for one in ws.blueprints if one.kind == trial.kind]
        of_kind = {stem for stem in files.stems() if (one := files.written(stem)) is not None and one.kind == trial.kind}
        text = trial.text
        if trial.mode == NEW and now:
            earliest = min(one.effective_from for one in now)
            text = files.as_version(text, files.blueprint_in(trial.file, text).version, earliest)
            of_kind = set()
        with files.laid_out({trial.file: text}, only=of_kind) as place:
            changed = load_blueprints(place)
        built = read_manifest(ws.facts_folder)
        with ws.journal.snapshot() as snapshot:
            trial.result = rejudge(snapshot, now, changed, Path(scratch), at=built.at if built else clock.now(), tell=tell)
