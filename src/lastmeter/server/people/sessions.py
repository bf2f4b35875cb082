"""Being signed in: ended everywhere at once."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from lastmeter.server.people.models import Person


def end_sessions(person: Person) -> int:
    """Sign a person out of every browser, for good: what was signed in before is not signed in again later. How many they were.

    A session says whose it is in its signed content only, so all are looked through; that is a matter of milliseconds.
    """
    own = [one.session_key for one in Session.objects.iterator() if one.get_decoded().get(SESSION_KEY) == str(person.pk)]
    Session.objects.filter(session_key__in=own).delete()
    UserSession.objects.filter(user=person).delete()
    return len(own)
