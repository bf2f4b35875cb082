"""A letter that the library wrote, sent by Django's mail."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.message import EmailMessage as DjangoMail


class _Letter(DjangoMail):
    """A finished message in Django's hands."""

    def __init__(self, letter: EmailMessage, to: str) -> None:
        super().__init__(from_email=settings.DEFAULT_FROM_EMAIL, to=[to])
        self._letter = letter

    def message(self, *, policy: Any = None) -> Any:
        """As the library wrote it."""
        return self._letter


def send(letter: EmailMessage, to: str) -> None:
    """Send it to one address; the sender is the company's."""
    if letter["From"] is None:
        letter["From"] = settings.DEFAULT_FROM_EMAIL
    get_connection().send_messages([_Letter(letter, to)])
