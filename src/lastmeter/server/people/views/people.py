"""People: the organisation and who holds which post; persons, invitations; import by CSV."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.language import language_of
from lastmeter.server.people import queries
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.actions import errors, holdings, importing, organisation, persons
from lastmeter.server.people.actions.persons import Invited, Invitee
from lastmeter.server.people.models import Holding, Invitation, Person
from lastmeter.server.people.permissions import ROLES, may

SAVED = Title("已保存", "Saved")
IMPORTED = Title("已添加 {n} 人", "{n} people added")
UNDONE = Title("已撤销", "Undone")
GONE = Title("{name} 已停用", "{name} was let go")


@allows("see.people")
@require_GET
def people(request: HttpRequest) -> HttpResponseBase:
    """Departments, posts and who holds them; everybody who works with the console."""
    actor = person_of(request)
    found = queries.organisation(queries.today())
    everybody = list(Person.objects.order_by("-is_active", "name", "username").prefetch_related("holdings"))
    known = queries.config().posts()
    posts = [post for department in found for post in department.posts]
    return render(request, "people/people.html", {
        "section": "people", "departments": found, "vacant": [post for post in posts if post.vacant], "posts": posts,
        "persons": [_row(each, {code: post.title.title() for code, post in known.items()}) for each in everybody],
        "active": [each for each in everybody if each.is_active], "invitations": list(queries.open_invitations()),
        "brand_titles": queries.brand_titles(), "area_titles": queries.area_titles(),
        "today": queries.today().isoformat(), "may_edit": may(actor, "people.edit"), "may_appoint": may(actor, "holding.edit"),
        "can_undo": organisation.can_undo(),
    })


@allows("see.people")
@require_GET
def post(request: HttpRequest, code: str) -> HttpResponseBase:
    """One post: who held it from when to when, who holds it next."""
    known = queries.config().posts()
    if code not in known:
        raise holdings.post_unknown(code)
    return render(request, "people/post.html", {
        "section": "people", "post": known[code], "title": known[code].title.title(), "history": queries.history_of(code),
        "today": queries.today(), "active": Person.objects.filter(is_active=True).order_by("name", "username"),
        "may_appoint": may(person_of(request), "holding.edit"), "may_edit": may(person_of(request), "people.edit"),
        "departments": queries.config().department, "holder": queries.holder_of(code, queries.today()),
        "accountable": queries.accountable(code, queries.today()),
    })


@allows("holding.edit")
@require_POST
def appoint(request: HttpRequest, code: str) -> HttpResponseBase:
    """Give a post to a person."""
    person = get_object_or_404(Person, pk=_number(request, "person"))
    holdings.appoint(person_of(request), code, person, _day(request, "since") or queries.today(), _day(request, "until"))
    return _saved(request, "post", code)


@allows("holding.edit")
@require_POST
def end_holding(request: HttpRequest, number: int) -> HttpResponseBase:
    """End a holding on a day."""
    holding = get_object_or_404(Holding, pk=number)
    holdings.end(person_of(request), holding, _day(request, "until") or queries.today())
    return _saved(request, "post", holding.post)


@allows("people.edit")
@require_POST
def save_post(request: HttpRequest) -> HttpResponseBase:
    """Declare or rename a post."""
    given = request.POST
    areas = tuple(given["areas"].replace(",", " ").split()) if "areas" in given else None
    organisation.save_post(person_of(request), given.get("code", ""), Title(given.get("zh", ""), given.get("en", "")),
                           department=given.get("department", ""), areas=areas)
    return _saved(request, "people")


@allows("people.edit")
@require_POST
def save_department(request: HttpRequest) -> HttpResponseBase:
    """Declare or rename a department."""
    given = request.POST
    organisation.save_department(person_of(request), given.get("code", ""), Title(given.get("zh", ""), given.get("en", "")),
                                 head=given.get("head", ""))
    return _saved(request, "people")


@allows("people.edit")
@require_POST
def undo_organisation(request: HttpRequest) -> HttpResponseBase:
    """Take back the last edit of the organisation."""
    organisation.undo(person_of(request))
    messages.success(request, UNDONE.say(language_of(request)))
    return redirect("people")


@allows("people.edit")
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest) -> HttpResponseBase:
    """Invite somebody; the link is shown once."""
    if request.method == "POST":
        return _links(request, [persons.invite(person_of(request), _invitee(request))])
    return render(request, "people/invite.html", _choices())


@allows("people.edit")
@require_POST
def invite_again(request: HttpRequest, number: int) -> HttpResponseBase:
    """A new link for a person, in place of the old one or of a forgotten password."""
    return _links(request, [persons.invite_again(person_of(request), get_object_or_404(Person, pk=number))])


@allows("people.edit")
@require_POST
def withdraw(request: HttpRequest, number: int) -> HttpResponseBase:
    """Make an invitation's link stop working."""
    persons.withdraw(person_of(request), get_object_or_404(Invitation, pk=number))
    return _saved(request, "people")


@allows("people.edit")
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, number: int) -> HttpResponseBase:
    """Show or change a person."""
    found = get_object_or_404(Person, pk=number)
    if request.method == "POST":
        persons.change(person_of(request), found, _invitee(request))
        return _saved(request, "person", number)
    return render(request, "people/person.html", _choices() | {
        "subject": found, "held": found.holdings.order_by("-since"), "titles": _titles(),
        "others": Person.objects.filter(is_active=True).exclude(pk=found.pk).order_by("name", "username"),
        "pending": not queries.can_sign_in(found), "is_me": found.pk == person_of(request).pk,
    })


@allows("people.edit")
@require_POST
def deactivate(request: HttpRequest, number: int) -> HttpResponseBase:
    """Let a leaver go."""
    found = get_object_or_404(Person, pk=number)
    chosen = _number(request, "successor")
    successor = get_object_or_404(Person, pk=chosen) if chosen else None
    persons.deactivate(person_of(request), found, successor=successor, reason=request.POST.get("reason", "")[:500])
    messages.success(request, GONE.say(language_of(request), name=str(found)))
    return redirect("people")


@allows("people.edit")
@require_POST
def reactivate(request: HttpRequest, number: int) -> HttpResponseBase:
    """Let somebody in again."""
    persons.reactivate(person_of(request), get_object_or_404(Person, pk=number))
    return _saved(request, "person", number)


@allows("people.edit")
@require_http_methods(["GET", "POST"])
def import_people(request: HttpRequest) -> HttpResponseBase:
    """A CSV file of people: first shown, then taken over."""
    text = request.POST.get("text", "")
    if upload := request.FILES.get("file"):
        try:
            text = upload.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise errors.invalid(Title("文件不是 UTF-8", "The file is not UTF-8")) from None
    if request.method == "POST" and not text.strip():
        raise errors.invalid(Title("选一个 CSV 文件", "Choose a CSV file"))
    lines = importing.read(person_of(request), text) if text else []
    if lines and "confirm" in request.POST and not any(line.error for line in lines):
        invited = importing.take_over(person_of(request), lines)
        messages.success(request, IMPORTED.say(language_of(request), n=len(invited)))
        return _links(request, invited)
    lang = language_of(request)
    return render(request, "people/import.html", {
        "section": "people", "text": text, "columns": importing.COLUMNS, "titles": _titles(), "roles": ROLES,
        "lines": [(line, ROLES[line.invitee.role], line.error.message(lang) if line.error else "") for line in lines],
        "faults": sum(line.error is not None for line in lines),
    })


def _row(each: Person, titles: dict[str, Title]) -> dict[str, object]:
    day = queries.today()
    held = [holding for holding in each.holdings.all() if holding.since <= day and (holding.until is None or holding.until >= day)]
    return {
        "person": each, "role": each.role_title, "posts": [titles.get(one.post, one.post) for one in held],
        "pending": each.is_active and not queries.can_sign_in(each),
    }


def _choices() -> dict[str, object]:
    return {"section": "people", "roles": ROLES, "brands": queries.brands(), "brand_titles": queries.brand_titles()}


def _titles() -> dict[str, Title]:
    return {code: each.title.title() for code, each in queries.config().posts().items()}


def _invitee(request: HttpRequest) -> Invitee:
    given = request.POST
    role = next((code for code in ROLES if code == given.get("role")), None)
    if role is None:
        raise errors.invalid(Title("没有这个角色", "There is no such role"))
    return Invitee(role=role, email=given.get("email", "").strip(), name=given.get("name", "").strip()[:120],
                   username=given.get("username", "").strip(), brands=tuple(sorted(set(given.getlist("brands")) - {""})),
                   performer=given.get("performer", "").strip()[:200])


def _links(request: HttpRequest, invited: list[Invited]) -> HttpResponseBase:
    """The links, shown once, and mailed where there is an address."""
    lang, company = language_of(request), settings.COMPANY.company.name.title()
    rows = []
    for each in invited:
        way = reverse("invitation", args=[each.secret])
        link = f"{settings.BASE_URL.rstrip('/')}{way}" if settings.BASE_URL else request.build_absolute_uri(way)
        rows.append((each.person, link, persons.mail_invitation(each, link, company, lang)))
    answer = render(request, "people/links.html", {"section": "people", "links": rows, "days": persons.INVITATION_DAYS})
    answer["Cache-Control"] = "no-store"
    return answer


def _saved(request: HttpRequest, name: str, *args: object) -> HttpResponseBase:
    messages.success(request, SAVED.say(language_of(request)))
    return redirect(name, *args)


def _number(request: HttpRequest, field: str) -> int:
    given = request.POST.get(field, "")
    return int(given) if given.isdecimal() and len(given) < 16 else 0


def _day(request: HttpRequest, field: str) -> date | None:
    given = request.POST.get(field, "")
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise LastMeterError(
            "people.invalid", Title("日期不对", "This is no date"), Title("写成 2026-12-01", "Write it as 2026-12-01"),
        ) from None


urlpatterns = [
    path("people/", people, name="people"),
    path("people/invite/", invite, name="person_invite"),
    path("people/import/", import_people, name="people_import"),
    path("people/post/", save_post, name="post_save"),
    path("people/post/<str:code>/", post, name="post"),
    path("people/post/<str:code>/appoint/", appoint, name="post_appoint"),
    path("people/holding/<int:number>/end/", end_holding, name="holding_end"),
    path("people/department/", save_department, name="department_save"),
    path("people/undo/", undo_organisation, name="organisation_undo"),
    path("people/invitation/<int:number>/withdraw/", withdraw, name="invitation_withdraw"),
    path("people/<int:number>/", person, name="person"),
    path("people/<int:number>/link/", invite_again, name="person_link"),
    path("people/<int:number>/deactivate/", deactivate, name="person_deactivate"),
    path("people/<int:number>/reactivate/", reactivate, name="person_reactivate"),
]
