"""One customer: found by key, phone or e-mail; handed out or erased on demand."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lastmeter.diagnosis import words
from lastmeter.diagnosis.words import fill
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.audit import actions
from lastmeter.server.audit.queries import customers
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.permissions import may
from lastmeter.server.people.queries import brand_titles


@allows("customer.see")
@never_cache
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponseBase:
    """A form to find a customer; posted, so that a phone never stands in an address or a log."""
    value = request.POST.get("value", "").strip()
    found = customers.find_customers(person_of(request), value) if value else []
    if len(found) == 1:
        return redirect("customer", customer=found[0])
    return render(request, "audit/customers.html", {"found": found, "asked": bool(value)})


@allows("customer.see")
@require_GET
def customer(request: HttpRequest, customer: str) -> HttpResponseBase:
    """What is known of a customer, masked, and its journeys within reach."""
    person = person_of(request)
    journeys = customers.journeys_of(person, customer)
    return render(request, "audit/one_customer.html", {
        "customer_key": customer, "journeys": journeys, "sentence": _sentence(journeys), "brand_titles": brand_titles(),
        "may_export": may(person, "customer.export") and not person.brands,
        "may_erase": may(person, "customer.erase") and not person.brands,
    })


@allows("customer.export")
@never_cache
@require_POST
def export(request: HttpRequest, customer: str) -> HttpResponseBase:
    """Everything about a customer, as JSON."""
    held = actions.export_customer(person_of(request), customer, request.POST.get("reason", ""))
    body = json.dumps(held, ensure_ascii=False, indent=2, default=str)
    answer = HttpResponse(body, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="customer.json"'
    return answer


@allows("customer.erase")
@require_POST
def erase(request: HttpRequest, customer: str) -> HttpResponseBase:
    """Erase a customer; the key must be typed again."""
    if request.POST.get("confirm", "").strip() != customer:
        raise LastMeterError(
            "customer.unconfirmed", Title("没有删除：确认的编号不一致", "Nothing was erased: the key you typed is another"),
            Title("照原样输入这位顾客的编号", "Type the customer's key exactly"),
        )
    done = actions.erase_customer(person_of(request), customer, request.POST.get("reason", ""))
    return render(request, "audit/erased.html", {"done": done})


def _sentence(journeys: list[dict[str, Any]]) -> Title:
    """How many journeys are shown, and how many of them have a flaw."""
    flawed = sum(1 for each in journeys if each["flaw_count"])
    if not journeys:
        return Title("还没有旅程", "No journeys yet")
    if not flawed:
        return fill(Title("{journeys}，都没有瑕疵", "{journeys}, without a flaw"), journeys=words.journeys(len(journeys)))
    return fill(Title("{journeys}，{n} 个有瑕疵", "{journeys}, {n} with a flaw"), journeys=words.journeys(len(journeys)), n=flawed)


urlpatterns = [
    path("customers/", find, name="customers"),
    path("customers/<path:customer>/export/", export, name="customer_export"),
    path("customers/<path:customer>/erase/", erase, name="customer_erase"),
    path("customers/<path:customer>/", customer, name="customer"),
]
