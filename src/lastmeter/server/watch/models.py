"""What the watch has raised and withdrawn, which sources are silent, what it foretold."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Flaw(models.Model):
    """A flaw of the fact tables, raised once. Its id is the fact table's, a hash of journey, rule and occurrence.

    late_found: it came to be long before it was found, so nobody is notified. inherited: it was there before the watch
    began. waits: the clock went back behind its deadline. times: how often it was raised (again, after a withdrawal).
    """

    flaw_id = models.CharField(max_length=32, primary_key=True)
    kind = models.CharField(max_length=80)
    journey = models.CharField(max_length=300)
    rule = models.CharField(max_length=80)
    primitive = models.CharField(max_length=40)
    post = models.CharField(max_length=80, null=True)
    occurrence = models.CharField(max_length=300, blank=True)
    place = models.CharField(max_length=200, null=True)
    performer = models.CharField(max_length=200, null=True)
    brand = models.CharField(max_length=200, null=True)
    occurred_at = models.DateTimeField(null=True)
    excess_seconds = models.FloatField(null=True)
    raised_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    late_found = models.BooleanField(default=False)
    inherited = models.BooleanField(default=False)
    waits = models.BooleanField(default=False)
    times = models.PositiveIntegerField(default=1)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    taken_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["withdrawn_at", "raised_at"]), models.Index(fields=["kind", "journey"]),
            models.Index(fields=["waits", "occurred_at"]), models.Index(fields=["post", "withdrawn_at"]),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.journey} {self.rule}"


class Act(models.Model):
    """What became of a flaw: raised, withdrawn, taken, released, noted. Never changed."""

    flaw = models.ForeignKey(Flaw, on_delete=models.CASCADE, related_name="acts")
    at = models.DateTimeField()
    what = models.CharField(max_length=12)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.what} {self.flaw_id}"


class Forgotten(models.Model):
    """A flaw whose row went when somebody was erased: the fact tables hold it still, and it is not to be raised again."""

    flaw_id = models.CharField(max_length=32, primary_key=True)

    def __str__(self) -> str:
        return self.flaw_id


class Compared(models.Model):
    """The one row that says how far the watch has come: the manifest that it compared last, and when it began."""

    manifest = models.TextField()
    at = models.DateTimeField()
    since = models.DateTimeField(help_text="flaws that occurred before are history: they were there when the watch began")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class Source(models.Model):
    """A source as the watch sees it: its watermark, when that last moved, and after what silence to say so."""

    name = models.CharField(max_length=200, primary_key=True)
    watermark = models.DateTimeField(null=True)
    contact_at = models.DateTimeField()
    looked_at = models.DateTimeField()
    declared_minutes = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return self.name


class Gap(models.Model):
    """The longest time, in seconds, for which a source told nothing, among those that ended on a day (UTC)."""

    source = models.CharField(max_length=200)
    day = models.DateField()
    seconds = models.FloatField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "day"], name="watch_gap_once"),)

    def __str__(self) -> str:
        return f"{self.source} {self.day} {self.seconds:.0f}"


class Silence(models.Model):
    """An alarm: a source has told nothing since its watermark for longer than it ever should; `until` it spoke again."""

    source = models.CharField(max_length=200, db_index=True)
    since = models.DateTimeField()
    noticed_at = models.DateTimeField()
    until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.source} {self.since:%Y-%m-%d %H:%M}"


class Prediction(models.Model):
    """A journey of which the watch said, before its promise ran out, that it will be late; and what came of it.

    chance: the share of the journeys before it, at this step for as long, that came too late. holds: it says so still.
    outcome: late, kept, or moot (cancelled, undecided); empty while the promise lies ahead.
    """

    kind = models.CharField(max_length=80)
    journey = models.CharField(max_length=300)
    due_at = models.DateTimeField()
    said_at = models.DateTimeField()
    step = models.CharField(max_length=80)
    reached_at = models.DateTimeField()
    expected_at = models.DateTimeField(null=True)
    chance = models.FloatField()
    compared = models.PositiveIntegerField()
    place = models.CharField(max_length=200, null=True)
    performer = models.CharField(max_length=200, null=True)
    brand = models.CharField(max_length=200, null=True)
    post = models.CharField(max_length=80, null=True)
    holds = models.BooleanField(default=True)
    outcome = models.CharField(max_length=8, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "journey", "due_at"], name="watch_prediction_once"),)
        indexes = (models.Index(fields=["outcome", "due_at"]),)

    def __str__(self) -> str:
        return f"{self.kind} {self.journey} {self.due_at:%Y-%m-%d %H:%M}"


class Foretold(models.Model):
    """The one row that says since when the watch looks ahead: lateness before that is not its to have foretold."""

    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d %H:%M}"
