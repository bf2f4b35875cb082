"""What the worker does for the pages."""

from __future__ import annotations

from datetime import datetime

from lastmeter.server.board import endings
from lastmeter.server.board.blueprints.models import BlueprintTrial
from lastmeter.server.board.blueprints.tasks import try_out
from lastmeter.server.board.briefs import forget_addresses, send_brief
from lastmeter.server.board.models import BriefSending
from lastmeter.server.progress import resume
from lastmeter.server.worker import Job


def take_up(at: datetime) -> None:
    """Trials of blueprints that were under way when their process died begin again; briefs go to who has not got them."""
    del at
    resume(BlueprintTrial, lambda _trial: try_out)
    resume(BriefSending, lambda _sending: send_brief)


JOBS = [Job("phone endings", 60, endings.fill), Job("take up trials", 15, take_up), Job("forget addresses", 3600, forget_addresses)]
