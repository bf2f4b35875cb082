"""Sorted files of 64-bit keys: which identities the sealed journal holds, and what its batches attested.

A key file is a plain binary file: a header, then three columns one after the other, sorted by hash: the identity's hash,
the digest, and the revision (left out where all are equal: the header has it). Read as memory maps, probed as a whole
array at a time. 16 bytes an event; a SQL table of all keys would cost more than the import itself.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lastmeter.journal.durable import written_durably
from lastmeter.journal.manifest import Segment
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_HEADER = struct.Struct("<8sQqQ")
_MAGIC = b"LMKEYS02"
_ONE_REVISION = 1


@dataclass(frozen=True, slots=True)
class Keys:
    """Statements: identity hash, digest, revision, sorted by hash."""

    hashes: U64
    digests: U64
    revisions: I64

    def __len__(self) -> int:
        return len(self.hashes)

    @classmethod
    def of(cls, hashes: U64, digests: U64, revisions: I64) -> Keys:
        """Keys from columns in any order."""
        order = np.lexsort((revisions, digests, hashes)) if _has_repeats(hashes) else np.argsort(hashes)
        return cls(hashes[order], digests[order], revisions[order])

    @classmethod
    def none(cls) -> Keys:
        """No keys."""
        return cls(np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.int64))

    @classmethod
    def merged(cls, parts: Sequence[Keys]) -> Keys:
        """All keys of several."""
        filled = [part for part in parts if len(part)]
        if len(filled) == 1:
            return filled[0]
        if not filled:
            return cls.none()
        return cls.of(
            np.concatenate([part.hashes for part in filled]),
            np.concatenate([part.digests for part in filled]),
            np.concatenate([part.revisions for part in filled]),
        )

    def chosen(self, flags: Flags) -> Keys:
        """Those whose flag is set."""
        return Keys(self.hashes[flags], self.digests[flags], self.revisions[flags])

    def has_hash(self, hashes: U64) -> Flags:
        """For each hash (any order) whether an identity with it is here."""
        found: Flags = np.zeros(len(hashes), np.bool_)
        if len(self):
            at = np.searchsorted(self.hashes, hashes)
            inside = at < len(self)
            found[inside] = self.hashes[at[inside]] == hashes[inside]
        return found

    def has_pair(self, hashes: U64, digests: U64) -> Flags:
        """For each (hash, digest) whether this very statement is here."""
        found: Flags = np.zeros(len(hashes), np.bool_)
        if not len(self):
            return found
        at = np.searchsorted(self.hashes, hashes)
        open_: npt.NDArray[np.intp] = np.arange(len(hashes))
        # An identity has few versions: step through all of them together.
        while len(open_):
            inside = at[open_] < len(self)
            open_ = open_[inside]
            open_ = open_[self.hashes[at[open_]] == hashes[open_]]
            same = self.digests[at[open_]] == digests[open_]
            found[open_[same]] = True
            open_ = open_[~same]
            at[open_] += 1
        return found

    def of_hashes(self, hashes: U64) -> Keys:
        """The statements about these identities."""
        met = hashes[self.has_hash(hashes)]
        if not len(met):  # as a rule, so no sorting before this is known
            return Keys.none()
        wanted = np.unique(met)
        low = np.searchsorted(self.hashes, wanted, "left")
        high = np.searchsorted(self.hashes, wanted, "right")
        at = np.concatenate([np.arange(a, b) for a, b in zip(low, high, strict=True)])
        return Keys(self.hashes[at], self.digests[at], self.revisions[at])

    def write(self, path: Path) -> int:
        """Write them durably; the file's size in bytes."""
        equal = not len(self) or bool((self.revisions == self.revisions[0]).all())
        first = int(self.revisions[0]) if len(self) else 0
        with written_durably(path) as temporary, temporary.open("wb") as file:
            file.write(_HEADER.pack(_MAGIC, len(self), first, _ONE_REVISION if equal else 0))
            for column in (self.hashes, self.digests) if equal else (self.hashes, self.digests, self.revisions):
                file.write(np.ascontiguousarray(column).data.cast("B") if len(self) else b"")
        return path.stat().st_size

    @classmethod
    def read(cls, path: Path) -> Keys:
        """The keys of a file, mapped, not loaded.

        Raises:
            LastMeterError: `journal.damaged`.
        """
        try:
            with path.open("rb") as file:
                head = file.read(_HEADER.size)
            magic, count, first, flags = _HEADER.unpack(head)
            columns = 2 if flags & _ONE_REVISION else 3
            if magic != _MAGIC or path.stat().st_size != _HEADER.size + 8 * columns * count:
                raise damaged(path)
        except (OSError, struct.error):
            raise damaged(path) from None
        if not count:
            return cls.none()
        body = np.memmap(path, np.uint64, "r", _HEADER.size, (columns, count))
        revisions = np.broadcast_to(np.array(first, np.int64), (count,)) if columns == 2 else body[2].view(np.int64)
        return cls(body[0], body[1], revisions)


def highest(keys: Keys) -> Keys:
    """Each statement (hash and digest) once, with its highest revision."""
    if not len(keys):
        return keys
    order = np.lexsort((-keys.revisions, keys.digests, keys.hashes))
    ordered = Keys(keys.hashes[order], keys.digests[order], keys.revisions[order])
    first = np.ones(len(keys), np.bool_)
    first[1:] = (ordered.hashes[1:] != ordered.hashes[:-1]) | (ordered.digests[1:] != ordered.digests[:-1])
    return ordered.chosen(first)


def read_all(folder: Path, segments: Iterable[Segment]) -> Keys:
    """The keys of several files together."""
    return Keys.merged([Keys.read(segment.path(folder)) for segment in segments])


def damaged(path: Path) -> LastMeterError:
    """The error for a file of the journal that is missing or cut short."""
    return LastMeterError(
        "journal.damaged",
        Title("事件簿文件“{file}”缺失或不完整", "The journal's file “{file}” is missing or incomplete"),
        Title("请从备份恢复该文件，再运行 lastmeter doctor", "Restore it from a backup, then run lastmeter doctor"),
        file=path.name,
    )


def _has_repeats(hashes: U64) -> bool:
    ordered = np.sort(hashes)
    return bool((ordered[1:] == ordered[:-1]).any())
