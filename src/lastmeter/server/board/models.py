"""Tables of the pages: views that people save, and endings of phone numbers to search by."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """A page with its filters under a name. `address` is path and query; a deleted one is kept so that it can be undone."""

    name = models.CharField(max_length=80)
    address = models.CharField(max_length=2000)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="views")
    shared = models.BooleanField(default=False)
    saved_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name", "id")
        indexes = (models.Index(fields=["owner", "deleted_at"]),)

    def __str__(self) -> str:
        return self.name


class PhoneEnding(models.Model):
    """The last four digits of a phone number in the vault, as a keyed hash: without the workspace's key it says nothing.

    `token` is the number of the vault's row, the object whoever it belongs to. Filled from new vault rows by a job, and
    removed with them.
    """

    token = models.BigIntegerField()
    ending = models.BinaryField(max_length=16)
    object_type = models.CharField(max_length=120)
    object_id = models.CharField(max_length=400)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["token", "object_type", "object_id"], name="one_ending_an_object"),)
        indexes = (models.Index(fields=["ending"]),)

    def __str__(self) -> str:
        return f"v~{self.token}"


from lastmeter.server.board.blueprints.models import BlueprintTrial, BlueprintVersion  # noqa: E402, F401 - tables of this app


class ReadMark(models.Model):
    """How far a job has read in something that grows."""

    name = models.CharField(max_length=40, primary_key=True)
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.number}"
