"""Personal values in templates: always masked, with a way to reveal them.

{% customer journey.customer kind=journey.journey_kind journey=journey.journey_id %}   L** W** · 138****4471  Reveal
{% customer "v~17" %}   {{ token|masked }}
"""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.http import urlencode

from lastmeter.journal.vault import is_token
from lastmeter.server.audit import queries
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import may

register = template.Library()


@register.inclusion_tag("audit/customer.html", takes_context=True)
def customer(context: template.Context, key: str | None, kind: str = "", journey: str = "") -> dict[str, Any]:
    """The personal values of a customer (its key, or one vault token), masked; a link to reveal them for who may.

    kind, journey: the journey on whose page it stands; it decides whether a person with brands may reveal.
    """
    person = context.get("person")
    held = [] if not key else [queries.tokens.Personal("", key)] if is_token(key) else queries.personal_of(key)
    shown = queries.masked([each.token for each in held])
    parts = [(each.title, shown[each.token]) for each in held if each.token in shown]
    asked = urlencode([("token", each.token) for each in held if each.token in shown]
                      + [(name, value) for name, value in (("kind", kind), ("journey", journey)) if value])
    return {
        "parts": parts, "key": key, "asked": asked, "lang": context.get("lang"),
        "may_reveal": bool(parts) and isinstance(person, Person) and may(person, "reveal"),
    }


@register.filter
def masked(token: str | None) -> str:
    """The masked value behind one token; what is no token stays as it is."""
    if not token or not is_token(token):
        return token or ""
    return queries.masked([token]).get(token, "")
