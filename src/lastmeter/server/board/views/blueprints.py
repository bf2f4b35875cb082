"""Blueprints: kinds and versions, one in words, as text with check, tried out on history, saved, restored."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server.board.blueprints import actions, files
from lastmeter.server.board.blueprints.models import BlueprintTrial, BlueprintVersion
from lastmeter.server.board.queries import blueprints as queries
from lastmeter.server.intake.console.views.forms import toast
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.permissions import may
from lastmeter.server.people.queries import today

SECTION = {"section": "blueprints"}


@allows("see.blueprints")
@require_GET
def all_blueprints(request: HttpRequest) -> HttpResponse:
    """Kinds and versions."""
    found = queries.all_files()
    return render(request, "board/blueprints.html", {
        **SECTION, "files": found, "kinds": len({file.blueprint.kind for file in found if file.blueprint}),
        "broken": [file for file in found if not file.blueprint], "idle": [file for file in found if file.is_idle],
        "retired": queries.retired(), "may_edit": may(person_of(request), "blueprint.edit"),
    })


@allows("see.blueprints")
@require_GET
def one(request: HttpRequest, kind: str) -> HttpResponse:
    """One kind in words, drawn, with its history."""
    reading = queries.reading_of(kind, request.GET.get("file"))
    return render(request, "board/blueprint.html", {
        **SECTION, "reading": reading, "history": queries.history(kind), "hows": queries.HOWS,
        "may_edit": may(person_of(request), "blueprint.edit"),
    })


@allows("blueprint.edit")
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, stem: str) -> HttpResponse:
    """A file as text: `act` check or try. `mode` new makes a further version of it."""
    text = files.text_of(stem)
    if request.method == "GET":
        written = files.written(stem)
        mistakes = [] if written else actions.check(person_of(request), stem, text)
        return _editor(request, text, stem=stem, mistakes=mistakes)
    return _sent(request, None if request.POST.get("mode") == "new" else stem, stem)


@allows("blueprint.edit")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new kind: drafted from the data (`from` data), from a template, from a retired file, or from nothing."""
    if request.method == "POST":
        return _sent(request, None, None)
    begin = request.GET.get("from", "")
    if begin == "data":
        return _editor(request, queries.drafted(request.GET.get("object") or None), drafted=True)
    known = queries.template_texts()
    if begin in known:
        return _editor(request, known[begin][0])
    if begin.startswith("file:") and (row := queries.last_text(begin.removeprefix("file:"))) is not None:
        return _editor(request, row.text)
    return render(request, "board/blueprint_new.html", {
        **SECTION, "templates": [(name, title) for name, (_, title) in known.items()], "objects": queries.object_types()[:8],
    })


@allows("blueprint.edit")
@require_http_methods(["GET", "POST"])
def trial(request: HttpRequest, number: int) -> HttpResponse:
    """What a change would make of history; POST saves it."""
    found = queries.trial_of(number)
    if request.method == "POST":
        actions.save(person_of(request), found)
        toast(request, Title("已保存；图表在下一次建表后跟上", "Saved; figures follow with the next build"))
        return redirect("blueprint", found.kind)
    template = "board/blueprint_trial_part.html" if getattr(request, "htmx", False) else "board/blueprint_trial.html"
    return render(request, template, {**SECTION, "trial": found, "result": queries.result_of(found)})


@allows("blueprint.edit")
@require_POST
def edit_again(request: HttpRequest, number: int) -> HttpResponse:
    """The text of a trial in the editor again."""
    found = queries.trial_of(number)
    return _editor(request, found.text, stem=found.file if found.mode == "correction" else None)


@allows("blueprint.edit")
@require_POST
def restore(request: HttpRequest, number: int) -> HttpResponse:
    """Put an earlier text back."""
    row = actions.restore(person_of(request), get_object_or_404(BlueprintVersion, pk=number))
    toast(request, Title("已恢复", "Restored"))
    return redirect("blueprint", row.kind)


@allows("blueprint.edit")
@require_POST
def retire(request: HttpRequest, stem: str) -> HttpResponse:
    """Take a file out of use."""
    actions.retire(person_of(request), stem)
    toast(request, Title("已停用；文字留在历史里", "Retired; its text stays in the history"))
    return redirect("blueprints")


def _sent(request: HttpRequest, corrected: str | None, stem: str | None) -> HttpResponse:
    """What the editor sent: checked, or tried out where nothing is wrong."""
    person, text = person_of(request), request.POST.get("text", "")
    if request.POST.get("act") != "try":
        mistakes = actions.check(person, corrected or "new", text)
        if stem and not corrected:  # a further version: it will have a version and a day of its own
            mistakes = [one for one in mistakes if one.code != "blueprint.version_clash"]
        return _editor(request, text, stem=stem, mistakes=mistakes, checked=True)
    is_further = stem is not None and corrected is None
    made = actions.try_out(person, text, stem=corrected, version=request.POST.get("version", "").strip() if is_further else "",
                           effective_from=_day(request.POST.get("effective_from", "")) if is_further else None)
    if isinstance(made, BlueprintTrial):
        return redirect("blueprint_trial", made.pk)
    return _editor(request, text, stem=stem, mistakes=made, checked=True)


def _editor(request: HttpRequest, text: str, **more: object) -> HttpResponse:
    stem, mistakes = more.get("stem"), more.get("mistakes") or []
    written = files.written(stem) if isinstance(stem, str) else None
    following = str(int(written.version) + 1) if written and written.version.isdecimal() else ""
    return render(request, "board/blueprint_edit.html", {
        **SECTION, "text": text, "written": written, "version": request.POST.get("version", following),
        "effective_from": request.POST.get("effective_from", today().isoformat()),
        "mode": request.POST.get("mode", "correction"), **more, "mistakes": mistakes,
        "send_to": f"/blueprints/files/{stem}/" if stem else "/blueprints/new/",
    }, status=422 if mistakes and request.method == "POST" else 200)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LastMeterError("blueprint.day", Title("读不懂生效日期", "The day from which it holds cannot be read"),
                             Title("写成 2026-11-01", "Write it as 2026-11-01")) from None


urlpatterns = [
    path("blueprints/", all_blueprints, name="blueprints"),
    path("blueprints/new/", new, name="blueprint_new"),
    path("blueprints/trials/<int:number>/", trial, name="blueprint_trial"),
    path("blueprints/trials/<int:number>/edit/", edit_again, name="blueprint_trial_edit"),
    path("blueprints/history/<int:number>/restore/", restore, name="blueprint_restore"),
    path("blueprints/files/<str:stem>/", edit, name="blueprint_edit"),
    path("blueprints/files/<str:stem>/retire/", retire, name="blueprint_retire"),
    path("blueprints/<slug:kind>/", one, name="blueprint"),
]
