"""Persons and the posts that they hold. Departments and posts themselves are declared in the workspace's settings."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from lastmeter.kernel.titles import Title
from lastmeter.server.people.permissions import ROLES


class Person(AbstractUser):
    """Somebody who works with the console."""

    name = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=20, choices=[(code, title.en) for code, title in ROLES.items()], default="viewer")
    brands = models.JSONField(default=list, blank=True, help_text="codes; empty: all brands")
    performer = models.CharField(max_length=200, blank=True, help_text="the third party's own name as performer")
    lang = models.CharField(max_length=2, blank=True, help_text="zh or en; empty: as the browser says")
    theme = models.CharField(max_length=5, blank=True, help_text="light or dark; empty: as the system says")
    compact = models.BooleanField(default=False)
    single_keys = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def role_title(self) -> Title:
        """What the role is called."""
        return next(title for code, title in ROLES.items() if code == self.role)


class Holding(models.Model):
    """A person holds a post from one local day to another (included); without an end: still."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="holdings")
    post = models.CharField(max_length=80, help_text="a code of the workspace's settings")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=["post", "since"]),)

    def __str__(self) -> str:
        return f"{self.post}: {self.person} {self.since} – {self.until or ''}"


class Invitation(models.Model):
    """A link by which a person sets a first password: valid for some days, once. Only the hash of its secret is kept."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="invitations")
    inviter = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    secret_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.person} until {self.expires_at:%Y-%m-%d}"
