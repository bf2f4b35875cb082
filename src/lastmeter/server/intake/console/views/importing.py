"""Files in the console: choose, preview, follow, undo."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from lastmeter.server.intake.console import actions, proposals, queries, uploads
from lastmeter.server.intake.console.models import ImportRun
from lastmeter.server.intake.console.views.forms import instant
from lastmeter.server.people.access import allows, person_of
from lastmeter.server.people.permissions import may

PROPOSE = "?"
"""What the form sends in place of a source: a name that none has."""


@allows("import")
@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Choose files and a source, or ask for a mapping."""
    person = person_of(request)
    if request.method == "POST":
        uploads.demand_accepted(request)
        files = request.FILES.getlist("files")
        source = request.POST.get("source", PROPOSE)
        if source == PROPOSE:
            run = actions.propose(person, files, name=request.POST.get("name", ""))
        else:
            run = actions.upload(person, files, source=source, as_of=instant(request.POST.get("as_of", "")),
                                 watermark=instant(request.POST.get("watermark", "")))
        return redirect("import_run", run.pk)
    sources = [source for source in queries.sources(person) if source.door in {"file", "live"} and not source.error]
    mapped = set(queries.mapping_names())
    return render(request, "intake/import.html", {
        "section": "sources", "sources": [source for source in sources if source.name in mapped], "propose": PROPOSE,
        "chosen": request.GET.get("source", ""), "limit": uploads.limit_bytes() // 1024 // 1024, "runs": queries.runs(),
        "needs_watermark": any(source.is_declared for source in sources), "endings": uploads.endings(),
    })


@allows("import")
@require_http_methods(["GET", "POST"])
def run(request: HttpRequest, number: int) -> HttpResponse:
    """One import or undo: its proposal, its progress, its result. POST `act`: check, begin, again, discard."""
    person = person_of(request)
    found = queries.run_of(number)
    mistakes, checked = [], False
    if request.method == "POST":
        act, text = request.POST.get("act", ""), request.POST.get("text", "")
        if act == "discard":
            actions.discard(person, found)
            return redirect("import")
        if act == "again":
            actions.again(person, found)
        elif act == "begin":
            mistakes = actions.begin(person, found, text)
        else:
            mistakes, checked = actions.check_proposal(person, found, text), True
        if not mistakes and not checked:
            return redirect("import_run", number)
    template = "intake/run_part.html" if getattr(request, "htmx", False) else "intake/run.html"
    return render(request, template, {
        "section": "sources", "run": found, "proposal": proposals.shown(found.proposal) if found.is_proposed else {},
        "mistakes": mistakes, "checked": checked, "may_undo": _may_undo(request, found),
    }, status=422 if mistakes else 200)


@allows("import.undo")
@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, number: int) -> HttpResponse:
    """Ask whether a batch is to be withdrawn; then withdraw it."""
    if request.method == "POST":
        return redirect("import_run", actions.undo(person_of(request), number).pk)
    return render(request, "intake/undo.html", {
        "section": "sources", "batch": queries.batch(number), "source_titles": queries.source_titles,
    })


def _may_undo(request: HttpRequest, found: ImportRun) -> bool:
    return bool(found.is_done and found.what == "import" and found.batch and may(person_of(request), "import.undo")
                and queries.batch(found.batch).may_be_undone)
