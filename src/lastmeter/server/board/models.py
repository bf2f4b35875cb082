"""Tables of the pages: views that people save, endings of phone numbers to search by, briefs that are sent by mail."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from lastmeter.server.progress import Run


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


class BriefSending(Run):
    """A brief that is sent by mail: what was asked for (`filters`, depth, lang), and a letter for each address."""

    kind = models.CharField(max_length=80)
    period = models.CharField(max_length=20)
    filters = models.JSONField()
    depth = models.CharField(max_length=10)
    lang = models.CharField(max_length=2)

    class Meta(Run.Meta):
        abstract = False
        indexes = (models.Index(fields=["kind", "period"]),)

    def __str__(self) -> str:
        return f"{self.kind} {self.period} {self.pk}"

    def addresses(self, *states: str) -> list[str]:
        """The addresses whose letters are in one of these states."""
        return [letter.address for letter in self.letters.all() if letter.state in states]

    @property
    def counted(self) -> int:
        """How many letters there are."""
        return len(self.letters.all())

    @property
    def sent(self) -> int:
        """How many went out."""
        return len(self.addresses("sent"))

    @property
    def failed(self) -> list[str]:
        """Addresses whose letter the mail server did not take."""
        return self.addresses("failed")

    @property
    def unclear(self) -> list[str]:
        """Addresses whose letter was being handed over when the worker stopped: it is not sent again."""
        return self.addresses("unclear") if self.is_active else self.addresses("unclear", "begun")


class BriefLetter(models.Model):
    """One letter. state: waiting, begun (it is being handed over), sent, failed, unclear (begun by a worker that is gone)."""

    sending = models.ForeignKey(BriefSending, on_delete=models.CASCADE, related_name="letters")
    address = models.CharField(max_length=254)
    state = models.CharField(max_length=8, default="waiting")

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=["sending", "address"], name="one_letter_an_address"),)

    def __str__(self) -> str:
        return f"{self.sending_id} {self.state}"
