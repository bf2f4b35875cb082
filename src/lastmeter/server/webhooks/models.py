"""Who wants to hear of what happens here, and every message to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from lastmeter.kernel.titles import Title

STATES: dict[str, Title] = {
    "waiting": Title("待送", "waiting"), "delivered": Title("已送达", "delivered"), "given_up": Title("已放弃", "given up"),
}


class Subscription(models.Model):
    """An address outside that is told of some kinds of happening."""

    name = models.CharField(max_length=120)
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=120, editable=False, help_text="whsec_..., signs every message")
    types = models.JSONField(default=list, help_text="of messages.TYPES")
    brands = models.JSONField(default=list, blank=True, help_text="codes; empty: all brands")
    active = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message to one subscription, tried until it is taken or given up."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="deliveries")
    message = models.CharField(max_length=80, help_text="the same id at every try, so that the receiver can tell a repeat")
    type = models.CharField(max_length=60)
    body = models.TextField()
    made_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=[(code, title.en) for code, title in STATES.items()], default="waiting")
    tries = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    status = models.PositiveIntegerField(null=True, help_text="what the receiver answered at the last try")
    fault = models.CharField(max_length=60, blank=True, help_text="a code, where there was no answer")

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=["subscription", "message"], name="webhooks_once"),)
        indexes = (models.Index(fields=["state", "next_at"]),)

    def __str__(self) -> str:
        return f"{self.message} → {self.subscription}"


class Collected(models.Model):
    """Up to where a log of the server was read for messages."""

    log = models.CharField(max_length=40, primary_key=True)
    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.log}: {self.last}"
