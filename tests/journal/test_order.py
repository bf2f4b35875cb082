"""Files arrive in any order, however often, in whatever mixture of imports: what holds is the same."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastmeter.journal import Event, Journal
from lastmeter.journal.store import Store
from tests.journal.shop import NOW, Shop, paid


class Said(NamedTuple):
    """One statement in a file: about which order, with which score, correcting it as an event of its own or not."""

    number: int
    score: int
    ruling: bool = False
    voids: bool = False
    revision: int = 0

    def event(self) -> Event:
        """The statement as an event."""
        if not self.ruling:
            return paid(self.number, attributes={"score": float(self.score)}, revision=self.revision)
        return paid(
            self.number,
            id=f"order.paid:{self.number}:ruling{self.score}",
            corrects=f"order.paid:{self.number}",
            voids=self.voids,
            attributes={"score": float(self.score)},
            revision=self.revision,
        )


class File(NamedTuple):
    """What an export says, and its time."""

    rows: tuple[Said, ...]
    as_of: int


SAID = st.builds(
    Said,
    number=st.integers(0, 3),
    score=st.integers(1, 3),
    ruling=st.sampled_from([False, False, False, True]),
    voids=st.booleans(),
    revision=st.sampled_from([0, 0, 0, 1, 2, 5]),
)
FILES = st.lists(st.builds(File, st.lists(SAID, max_size=4).map(tuple), st.integers(1, 3)), min_size=1, max_size=3)
BATCHES = st.lists(FILES.map(tuple), min_size=1, max_size=4)

Batch = tuple[File, ...]


def naive(shop: Shop, batches: Sequence[Batch]) -> list[tuple[str, float]]:
    """The effective events by the words of the contract, one statement after the other."""
    slots: dict[str, set[tuple[int, bool, int, float, bool]]] = defaultdict(set)
    for batch in batches:
        contents: dict[tuple[str, int], dict[int, Event]] = defaultdict(dict)
        for file in batch:
            for said in file.rows:
                event = said.event()
                revision = event.revision or file.as_of
                contents[event.id, revision][shop.journal.digester.digest(event)] = event
        for (_id, revision), versions in contents.items():
            if len(versions) > 1:
                continue
            [(digest, event)] = versions.items()
            slot = event.corrects or event.id
            slots[slot].add((revision, event.corrects is not None, digest, event.attributes["score"], event.voids))
    winners = {slot: max(statements) for slot, statements in slots.items()}
    return sorted((slot, winner[3]) for slot, winner in winners.items() if not winner[4])


def opened(folder: Path) -> Shop:
    """A shop whose secret key, and so every digest and the outcome of every tie, is the same each time."""
    return Shop(Journal(folder / "journal", Store(folder / "journal"), bytes(32)))


@settings(max_examples=10, deadline=None)
@given(batches=BATCHES, data=st.data())
def test_effective_events_are_what_the_contract_says_in_any_order_and_any_number_of_times(
    batches: list[Batch], data: st.DataObject
) -> None:
    arrive(batches, data)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(batches=BATCHES, data=st.data())
def test_the_same_with_many_more_examples(batches: list[Batch], data: st.DataObject) -> None:
    arrive(batches, data)


def arrive(batches: list[Batch], data: st.DataObject) -> None:
    """Import the batches in a drawn order, some twice, compacting in between; then undo one and import it again."""
    folder = Path(tempfile.mkdtemp())
    try:
        with opened(folder) as shop:
            order = data.draw(st.permutations([*batches, *data.draw(st.lists(st.sampled_from(batches), max_size=2))]))
            for batch in order:
                shop.import_files(*[([said.event() for said in file.rows], file.as_of) for file in batch])
                if data.draw(st.booleans()):
                    shop.journal.compact(at=NOW, full=True)
            assert shop.effective("id, attr_score") == naive(shop, batches)
            undone = data.draw(st.integers(1, len(order)))
            shop.journal.undo(undone, at=NOW)
            left = [batch for number, batch in enumerate(order, 1) if number != undone]
            assert shop.effective("id, attr_score") == naive(shop, left)
            again = shop.import_files(*[([said.event() for said in f.rows], f.as_of) for f in order[undone - 1]])
            assert shop.effective("id, attr_score") == naive(shop, batches)
            assert again.read == sum(len(file.rows) for file in order[undone - 1])
    finally:
        shutil.rmtree(folder)
