"""`python -m lastmeter` is the command `lastmeter`."""

from lastmeter.cli import main

main()
