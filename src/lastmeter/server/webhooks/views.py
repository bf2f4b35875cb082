"""The page of webhooks: who is told of what, what was delivered."""

from __future__ import annotations

import secrets

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from lastmeter.kernel.titles import Title
from lastmeter.server.language import language_of
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.webhooks import actions
from lastmeter.server.webhooks.messages import TYPES
from lastmeter.server.webhooks.models import STATES, Delivery, Subscription

SHOWN = 50
REMOVED = Title("已删除“{name}”", "“{name}” is removed")
QUEUED = Title("已排队，几秒内送出", "Queued: it goes out within seconds")


@allows("webhook.edit")
@require_GET
def webhooks(request: HttpRequest) -> HttpResponse:
    """All subscriptions and the last deliveries."""
    return _page(request)


def _page(request: HttpRequest, made: Subscription | None = None) -> HttpResponse:
    """`made`: the new one, whose secret stands on this answer and on no other."""
    deliveries = Delivery.objects.select_related("subscription")[:SHOWN]
    return render(request, "webhooks/webhooks.html", {
        "subscriptions": Subscription.objects.all(), "deliveries": [(one, STATES[one.state]) for one in deliveries],
        "types": TYPES.items(), "made": made,
    })


@allows("webhook.edit")
@require_POST
def subscribe(request: HttpRequest) -> HttpResponse:
    """Make one; its secret is shown once, in the answer."""
    made = actions.subscribe(
        person_of(request), request.POST.get("name", ""), request.POST.get("url", "").strip(), request.POST.getlist("types"),
        brands=[brand.strip() for brand in request.POST.get("brands", "").split(",") if brand.strip()],
    )
    answer = _page(request, made)
    answer["Cache-Control"] = "no-store"
    return answer


@allows("webhook.edit")
@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause, go on, remove, or send a test message."""
    subscription = get_object_or_404(Subscription, pk=pk)
    match request.POST.get("do"):
        case "remove":
            actions.unsubscribe(person_of(request), subscription)
            messages.success(request, REMOVED.say(language_of(request), name=subscription.name))
        case "test":
            actions.test(person_of(request), subscription, f"test-{secrets.token_hex(8)}")
            messages.success(request, QUEUED.say(language_of(request)))
        case wanted:
            actions.switch(person_of(request), subscription, active=wanted == "on")
    return redirect("webhooks")


@allows("webhook.edit")
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue a message once more."""
    actions.try_again(person_of(request), get_object_or_404(Delivery, pk=pk))
    messages.success(request, QUEUED.say(language_of(request)))
    return redirect("webhooks")

