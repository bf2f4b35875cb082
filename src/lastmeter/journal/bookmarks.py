"""How far imports have read in sources that grow: one mark a batch and place, which is gone when the batch is undone."""

from __future__ import annotations

from lastmeter.journal import statements
from lastmeter.journal.journal import Journal


def read_up_to(journal: Journal, source: str, place: str) -> str | None:
    """The mark up to which published batches have read without a gap; None if nothing counts.

    A batch counts that began at the beginning, or where the batches before it had come to: after one in between was
    undone, reading goes on where that one began.
    """
    with journal.store.reading() as connection:
        marks = connection.execute(statements.BOOKMARKS, (source, place))
    reached: str | None = None
    for since, value in marks:
        if since is None or since == reached:
            reached = value
    return reached


def set_mark(journal: Journal, batch: int, place: str, *, since: str | None, value: str) -> None:
    """Remember how far a batch read; it counts once the batch is published."""
    with journal.store.writing() as connection:
        connection.execute(statements.BOOKMARK_SET, (batch, place, since, value))
