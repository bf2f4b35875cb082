"""One's own account: name, language, look, keys; the ways to sign in; sessions."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialApp
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from lastmeter.kernel.titles import Title
from lastmeter.server.language import language_of
from lastmeter.server.people import queries
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.actions import persons

SAVED = Title("已保存", "Saved")


@allows("self")
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponseBase:
    """Show or change one's own account."""
    person = person_of(request)
    if request.method == "POST":
        given = request.POST
        persons.describe_oneself(
            person, name=given.get("name", ""), lang=given.get("lang", ""), theme=given.get("theme", ""),
            compact="compact" in given, single_keys="single_keys" in given,
        )
        messages.success(request, SAVED.say(language_of(request)))
        return redirect("account")
    titles = {post.code: post.title.title() for post in queries.config().post}
    keys = Authenticator.objects.filter(user=person)
    return render(request, "people/account.html", {
        "section": "account", "role": person.role_title, "brand_titles": queries.brand_titles(),
        "posts": [titles.get(code, code) for code in queries.posts_of(person, queries.today())],
        "totp": keys.filter(type=Authenticator.Type.TOTP).exists(),
        "passkeys": keys.filter(type=Authenticator.Type.WEBAUTHN).count(),
        "codes": keys.filter(type=Authenticator.Type.RECOVERY_CODES).exists(),
        "sessions": UserSession.objects.filter(user=person).count(),
        "sso": bool(settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]) or SocialApp.objects.exists(),
    })


urlpatterns = [path("account/", account, name="account")]
