"""What became of the rows that an import stated."""

from __future__ import annotations

import msgspec

from lastmeter.journal.rejected import Rejection
from lastmeter.kernel.titles import Title


class StageCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the rows of a chunk. `read` is the sum of stored, duplicate, corrected and contradictory."""

    read: int = 0
    stored: int = 0
    duplicate: int = 0
    corrected: int = 0
    contradictory: int = 0
    suppressed: int = 0
    """Of all rows, those about an erased person: taken without their words and personal values."""
    by_type: dict[str, int] = {}
    """Of what was stored, corrections among it, by event type."""

    def __add__(self, other: StageCounts) -> StageCounts:
        """Both together."""
        types = sorted({*self.by_type, *other.by_type})
        return StageCounts(
            read=self.read + other.read,
            stored=self.stored + other.stored,
            duplicate=self.duplicate + other.duplicate,
            corrected=self.corrected + other.corrected,
            contradictory=self.contradictory + other.contradictory,
            suppressed=self.suppressed + other.suppressed,
            by_type={name: self.by_type.get(name, 0) + other.by_type.get(name, 0) for name in types},
        )


def contradiction(span: str, identifier: str | None) -> Rejection:
    """A statement set aside because its own batch says something else about the same event."""
    return Rejection(
        file=span,
        row=None,
        column=None,
        code="import.contradictory",
        reason=Title(
            "同一批导入对同一事件有互相矛盾的内容，且没有修订号",
            "The same import says different things about the same event, without a revision",
        ),
        places={},
        raw=identifier,
    )
