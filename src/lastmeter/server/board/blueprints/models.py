"""Versions of blueprints as they were saved, and what was tried out before."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from lastmeter.server.progress import Run

NEW, CORRECTION = "new", "correction"


class BlueprintVersion(models.Model):
    """The text of a blueprint file as it was saved (empty: the file was retired), by whom, and what changed against the text before.

    how: found (it lay in the workspace), new, correction, restored, retired.
    """

    file = models.CharField(max_length=120, db_index=True)
    kind = models.CharField(max_length=80, db_index=True)
    version = models.CharField(max_length=80, blank=True)
    effective_from = models.DateField(null=True, blank=True)
    how = models.CharField(max_length=12)
    text = models.TextField(blank=True)
    diff = models.TextField(blank=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.file} {self.how} {self.at:%Y-%m-%d %H:%M}"


class BlueprintTrial(Run):
    """A changed blueprint, tried out on the journal's history before it is saved; `result` says what would change.

    mode: new (a further version) or correction (of the file). `saved` once it became the standard.
    """

    file = models.CharField(max_length=120)
    kind = models.CharField(max_length=80)
    mode = models.CharField(max_length=12)
    text = models.TextField()
    result = models.JSONField(null=True, blank=True)
    saved = models.BooleanField(default=False)

    class Meta(Run.Meta):
        abstract = False

    def __str__(self) -> str:
        return f"{self.file} ({self.mode}) {self.pk}"

    @property
    def is_done(self) -> bool:
        """Whether it can be saved."""
        return self.state == "done" and self.result is not None
