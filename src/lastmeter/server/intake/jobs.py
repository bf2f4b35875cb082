"""What the worker does for intake."""

from lastmeter.server.intake.console.jobs import JOBS as CONSOLE

JOBS = [*CONSOLE]
