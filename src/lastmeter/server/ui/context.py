"""What every page of the console knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from lastmeter.server.language import language_of
from lastmeter.server.people.models import Person
from lastmeter.server.ui import navigation


def console(request: HttpRequest) -> dict[str, Any]:
    """lang, company, navigation, theme; `here` is the name of the page's URL."""
    lang = language_of(request)
    person = getattr(request, "user", None)
    match = request.resolver_match
    known: dict[str, Any] = {
        "lang": lang, "html_lang": "zh-Hans" if lang == "zh" else "en", "company": settings.COMPANY.company.name.title(),
        "zone": settings.COMPANY.company.zone, "here": (match.url_name or "") if match else "", "theme": "", "compact": False,
    }
    if isinstance(person, Person):
        groups = navigation.for_person(person)
        places = [place for _, group in groups for place in group]
        known |= {
            "person": person, "groups": groups, "theme": person.theme, "compact": person.compact,
            "counts_beside": navigation.counts_of(person, places), "tabs": [place for place in places if place.name in navigation.PHONE],
        }
    return known
