"""Who may send events, and which sources send them as they happen. What was set aside is the journal's own table."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models

from lastmeter.kernel.titles import Title

SCOPES: dict[str, Title] = {
    "events:write": Title("发送事件", "Send events"),
    "read": Title("读取", "Read"),
    "act": Title("执行操作", "Act"),
}
MODES: dict[str, Title] = {
    "arrival": Title("按最近一次联系推算", "By its latest contact"),
    "declared": Title("由来源声明", "Declared by the source"),
}


class Token(models.Model):
    """A key that a program carries. Only its hash is kept: the key itself is shown once, when it is given."""

    name = models.CharField(max_length=120)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False, help_text="the beginning of the key, to tell keys apart")
    scopes = models.JSONField(default=list, help_text="of SCOPES")
    sources = models.JSONField(default=list, blank=True, help_text="names; empty: all sources")
    brands = models.JSONField(default=list, blank=True, help_text="codes; empty: all brands")
    per_second = models.PositiveIntegerField(default=200, help_text="requests a second and process; 0: no limit")
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="to the minute")

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    def is_live(self, at: datetime) -> bool:
        """Whether it still opens a door at this instant."""
        return self.withdrawn_at is None and (self.expires_at is None or at < self.expires_at)

    def may(self, scope: str, *, source: str | None = None) -> bool:
        """Whether it has the scope, for that source."""
        return scope in self.scopes and (source is None or not self.sources or source in self.sources)


class LiveSource(models.Model):
    """A source that sends events as they happen, made at its first event or set up in the console.

    Its watermark is the journal's (`Journal.sources()`); here is how it comes about and what of its events is personal.
    """

    name = models.CharField(max_length=80, primary_key=True)
    title_zh = models.CharField(max_length=120, blank=True)
    title_en = models.CharField(max_length=120, blank=True)
    mode = models.CharField(max_length=10, default="arrival", choices=[(code, title.en) for code, title in MODES.items()])
    lateness_seconds = models.PositiveIntegerField(
        default=300, help_text="mode arrival: complete up to the latest contact less so much")
    zone = models.CharField(max_length=60, blank=True, help_text="of times without an offset; empty: the company's")
    personal = models.JSONField(default=list, blank=True, help_text="attributes that are personal, beside the usual names")
    said = models.JSONField(default=list, blank=True, help_text="attributes in a customer's own words, beside the usual names")
    plain = models.JSONField(default=list, blank=True, help_text="attributes that look personal by name and are not")
    identities = models.JSONField(default=list, blank=True, help_text="object types whose ids are phones, addresses or accounts")
    relays = models.JSONField(default=list, blank=True, help_text="prefixes of relay numbers, beside 170 and 171 with an extension")
    secret = models.CharField(max_length=120, blank=True, editable=False, help_text="signs its webhooks; empty: none are taken")
    secret_before = models.CharField(max_length=120, blank=True, editable=False, help_text="still good while keys change")
    made_at = models.DateTimeField()

    class Meta:
        db_table = "intake_source"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def title(self) -> Title:
        """Its name for people."""
        return Title(self.title_zh or self.name, self.title_en or self.name)


from lastmeter.server.intake.console.models import ImportRun  # noqa: E402, F401 - a table of this app
