"""What an invitation's link opens: name, user name, password; then one is in."""

from __future__ import annotations

from allauth.account.utils import perform_login
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from lastmeter.kernel.errors import LastMeterError
from lastmeter.server.language import language_of
from lastmeter.server.people.access import open_door
from lastmeter.server.people.actions import persons


@open_door
@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Accept an invitation."""
    found = persons.invitation_of(secret)
    given = request.POST
    problem = None
    if request.method == "POST":
        if request.user.is_authenticated:
            logout(request)
        try:
            person = persons.accept(
                secret, name=given.get("name", ""), username=given.get("username", ""), password=given.get("password", ""))
            answer: HttpResponseBase = perform_login(request, person, redirect_url="/")
            return answer
        except LastMeterError as error:
            lang = language_of(request)
            problem = (error.message(lang), error.hint(lang))
    return render(request, "people/invitation.html", {
        "invited": found, "role": found.person.role_title, "problem": problem,
        "name": given.get("name", found.person.name), "username": given.get("username", found.person.username),
    }, status=400 if problem else 200)


urlpatterns = [path("invitation/<str:secret>/", invitation, name="invitation")]
