"""The journal: all events, recorded once and never edited; in segments (Parquet) and one SQL database."""

from lastmeter.journal.batches import BatchRow, ImportBatch
from lastmeter.journal.counts import StageCounts
from lastmeter.journal.drafts import Draft
from lastmeter.journal.event import Event, ObjectRef
from lastmeter.journal.journal import Journal
from lastmeter.journal.rejected import Rejection
from lastmeter.journal.snapshot import Snapshot, SourceState

__all__ = [
    "BatchRow",
    "Draft",
    "Event",
    "ImportBatch",
    "Journal",
    "ObjectRef",
    "Rejection",
    "Snapshot",
    "SourceState",
    "StageCounts",
]
