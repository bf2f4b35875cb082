"""The `lastmeter` command: a thin shell over the library, and the edge where the wall clock is read."""

from lastmeter.cli.app import main

__all__ = ["main"]
