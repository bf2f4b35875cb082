"""What the worker does for the pages."""

from lastmeter.server.board import endings
from lastmeter.server.worker import Job

JOBS = [Job("phone endings", 60, endings.fill)]
