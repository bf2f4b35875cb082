"""What else must forget when a person is erased: apps keep things of their own, and say here how they let go of them.

The journal knows nothing of their tables, and erases from the command line and after a restore too. So each is told nothing
but that somebody was erased, and looks for itself, by the keyed hashes that the journal remembers (`erased_among`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from lastmeter.server.company import served

Forget = Callable[[], int]
_FORGETS: list[Forget] = []
_seen: list[int] = []
"""How many erasures this process has answered; nothing after its start, so that it looks once."""


def also(forget: Forget) -> None:
    """Have this called whenever somebody was erased: it removes what is theirs and says how much that was. For `ready()`."""
    if forget not in _FORGETS:
        _FORGETS.append(forget)


def forget_everywhere() -> int:
    """Call them all, in the order of the apps; how much they removed."""
    return sum(forget() for forget in _FORGETS)


def forget_if_erased() -> int:
    """The same, if anybody was erased since this process asked last, however that was done."""
    journal = served.journal
    with journal.store.reading() as connection:
        erasures = journal.vault.erased_count(connection)
    if _seen == [erasures]:
        return 0
    removed = forget_everywhere() if erasures else 0
    _seen[:] = [erasures]
    return removed


def erased_among(objects: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the objects (type, id) that belonged to somebody who was erased."""
    journal = served.journal
    hashes = {journal.vault.object_hash(*one): one for one in objects}
    with journal.store.reading() as connection:
        return {hashes[hashed] for hashed in journal.vault.erased(connection, hashes)}
