"""Imports and undos that were asked for in the console."""

from __future__ import annotations

from typing import Any

from django.db import models

from lastmeter.kernel.titles import Title
from lastmeter.server.progress import ACTIVE, DONE, FAILED, Run, title_from

PROPOSED, DISCARDED = "proposed", "discarded"
IMPORT, UNDO = "import", "undo"


class ImportRun(Run):
    """Files that are being brought in (or, `what` undo, a batch that is being withdrawn).

    `files` name the uploads in the run's folder; `mapping` is a proposed mapping's text that is saved when the import
    begins, `proposal` what was proposed. `report` says what became of the rows.
    """

    what = models.CharField(max_length=8, default=IMPORT)
    source = models.CharField(max_length=80, blank=True)
    files = models.JSONField(default=list)
    mapping = models.TextField(blank=True)
    proposal = models.JSONField(null=True, blank=True)
    as_of = models.DateTimeField(null=True, blank=True)
    watermark = models.DateTimeField(null=True, blank=True)
    batch = models.BigIntegerField(null=True, blank=True)
    report = models.JSONField(null=True, blank=True)

    class Meta(Run.Meta):
        abstract = False

    def __str__(self) -> str:
        return f"{self.what} {self.pk}: {self.source}"

    @property
    def is_proposed(self) -> bool:
        """Whether its mapping waits for somebody's eye."""
        return self.state == PROPOSED

    @property
    def is_done(self) -> bool:
        """Whether it ended well."""
        return self.state == DONE

    @property
    def has_failed(self) -> bool:
        """Whether it ended with an error."""
        return self.state == FAILED

    @property
    def may_be_discarded(self) -> bool:
        """Whether its uploads still wait for something."""
        return self.what == IMPORT and self.state in {PROPOSED, FAILED}

    @property
    def names(self) -> str:
        """The files, as one text."""
        return ", ".join(file["name"] for file in self.files)

    @property
    def examples(self) -> list[dict[str, Any]]:
        """The first rows that were set aside for each reason, with the reason as a title."""
        return [{**one, "reason": title_from(one["reason"])} for one in (self.report or {}).get("examples", [])]

    @property
    def warnings(self) -> list[Title]:
        """What was taken but looks wrong."""
        return [title for one in (self.report or {}).get("warnings", []) if (title := title_from(one))]


WAITING = (PROPOSED, *ACTIVE)
