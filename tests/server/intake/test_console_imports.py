"""Files in the console: uploads through the client, the worker's batch, undo, resuming, what is refused."""

from __future__ import annotations

import gzip
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client

from lastmeter.connectors.importing import import_files
from lastmeter.journal.locks import take_lock
from lastmeter.server import clock
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.company import served
from lastmeter.server.intake.console import tasks, uploads
from lastmeter.server.intake.console.jobs import forget, take_up
from lastmeter.server.intake.console.models import ImportRun
from lastmeter.server.progress import lock_of
from lastmeter.server.worker import _batch
from tests.server.conftest import ClientOf

HEADER = "visit_no,customer_phone,booked_at,arrived_at,finished_at,engineer,score,remark"
ROWS = [
    f"V-{number},138{number:08d},2026-08-{number % 27 + 1:02d} 09:{number:02d},2026-08-{number % 27 + 2:02d} 10:{number:02d},"
    f"2026-08-{number % 27 + 2:02d} 11:{number:02d},{'wang' if number % 2 else 'li'},{number % 5 + 1},remark {number}"
    for number in range(1, 51)
]
ROWS[2] = 'V-3,13800138002,2026-08-04 09:03,not a time,2026-08-05 11:03,wang,4,"=HYPERLINK(""http://x"")"'
VISITS = "\n".join([HEADER, *ROWS]) + "\n"


def work() -> None:
    """What the worker does in a second."""
    _batch().run()


def visits(name: str = "visits.csv", text: str = VISITS) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def propose(client: Client, **form: object) -> ImportRun:
    answer = client.post("/sources/import/", {"files": [visits()], "source": "?", **form})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return ImportRun.objects.latest("id")


def exports(folder: Path, *names: str) -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(name, (folder / "exports" / name).read_bytes()) for name in names]


def test_a_new_file_is_proposed_previewed_accepted_imported_and_undone(client_of: ClientOf, company: Path) -> None:
    client = client_of("owner")
    before = len(served.journal.batches())
    run = propose(client)
    page = client.get(f"/sources/import/{run.pk}/").content.decode()
    assert "what each column is taken for" in page
    assert "visit_no" in page
    assert not (company / "sources" / "visits.toml").exists()
    assert len(served.journal.batches()) == before

    client.post(f"/sources/import/{run.pk}/", {"act": "begin", "text": run.mapping})
    assert (company / "sources" / "visits.toml").exists()
    assert 'hx-trigger="every 1s"' in client.get(f"/sources/import/{run.pk}/").content.decode()
    work()
    run.refresh_from_db()
    assert run.state == "done"
    assert run.report is not None
    assert run.report["rows"] == 50
    assert run.report["stored"] == 149
    assert run.report["rejected"] == 1
    page = client.get(f"/sources/import/{run.pk}/").content.decode()
    assert "50 rows read" in page
    assert "visits.csv" in page
    assert not uploads.folder_of(run.pk).exists()

    assert "Undo batch" in client.get(f"/sources/batches/{run.batch}/undo/").content.decode()
    client.post(f"/sources/batches/{run.batch}/undo/")
    work()
    assert ImportRun.objects.latest("id").state == "done"
    assert next(row.state for row in served.journal.batches() if row.number == run.batch) == "undone"
    acts = list(AuditRow.objects.order_by("id").values_list("act", flat=True))
    assert [act for act in acts if act in {"source.edit", "import", "import.finished", "import.undo"}] == [
        "source.edit", "import", "import.finished", "import.undo"]


def test_the_same_files_again_are_seen_before(client_of: ClientOf, company: Path) -> None:
    client = client_of("analyst")
    files = exports(company, "orders.csv", "customers.csv", "products.csv")
    client.post("/sources/import/", {"files": files, "source": "shop"})
    work()
    run = ImportRun.objects.latest("id")
    assert run.state == "done"
    assert run.report is not None
    assert run.report["stored"] == 0
    assert run.report["duplicate"] > 1_000
    assert "Nothing new" in client.get(f"/sources/import/{run.pk}/").content.decode()


def test_an_edited_proposal_is_checked_with_line_numbers_and_previewed_anew(client_of: ClientOf) -> None:
    client = client_of("manager")
    run = propose(client)
    wrong = run.mapping.replace("performer =", "performre =", 1)
    answer = client.post(f"/sources/import/{run.pk}/", {"act": "check", "text": wrong})
    assert answer.status_code == 422
    line = next(number for number, row in enumerate(wrong.splitlines(), 1) if "performre" in row)
    assert f'data-line="{line}"' in answer.content.decode()
    broken = client.post(f"/sources/import/{run.pk}/", {"act": "begin", "text": run.mapping + "\nthis is no toml"})
    assert broken.status_code == 422
    run.refresh_from_db()
    assert run.state == "proposed"
    good = client.post(f"/sources/import/{run.pk}/", {"act": "check", "text": run.mapping.replace("\nthis is no toml", "")})
    assert "No mistakes" in good.content.decode()


def test_a_proposal_never_overwrites_a_source(client_of: ClientOf, company: Path) -> None:
    (company / "sources" / "visits.toml").write_text((company / "sources" / "shop.toml").read_text(encoding="utf-8"), encoding="utf-8")
    assert propose(client_of("owner")).source == "visits_2"


def test_a_wrong_file_fails_with_words_and_can_be_discarded(client_of: ClientOf) -> None:
    client = client_of("owner")
    client.post("/sources/import/", {"files": [visits()], "source": "shop"})
    work()
    run = ImportRun.objects.latest("id")
    assert run.state == "failed"
    page = client.get(f"/sources/import/{run.pk}/").content.decode()
    assert "Nothing was stored" in page
    assert uploads.folder_of(run.pk).exists()
    client.post(f"/sources/import/{run.pk}/", {"act": "discard"})
    assert not uploads.folder_of(run.pk).exists()


@pytest.mark.parametrize("name", [
    "../../../evil.csv", "..\\..\\evil.csv", "/etc/evil.csv", "a/../../evil.csv", ".evil.csv", "ev\x00il\n.csv"])
def test_names_of_uploads_never_leave_their_folder(name: str) -> None:
    kept = uploads.safe_name(name)
    assert "/" not in kept
    assert "\\" not in kept
    assert not kept.startswith(".")
    assert kept.isprintable()
    assert kept.endswith(("il.csv", "il_.csv"))


@pytest.mark.parametrize("name", [
    "visits.csv", f"{'v' * 120}.csv",
    f"{'v' * 94}.csv", f"{'访' * 95}.csv", f"v.{'x' * 94}.csv", f"{'v' * 90}. .csv", f"{'访' * 60}.csv.gz",
])
def test_files_of_one_name_are_kept_each(company: Path, name: str) -> None:
    files = [SimpleUploadedFile(name, f"{number}\n".encode()) for number in range(12)]
    kept = uploads.keep(1, files)
    found = uploads.paths(1, kept)
    assert [path.read_text() for path in found] == [f"{number}\n" for number in range(12)]
    assert all(len(path.name) <= uploads.LONGEST_NAME and len(path.name.encode()) <= uploads.MOST_BYTES for path in found)
    assert all(path.name.endswith((".csv", ".csv.gz")) for path in found)


def test_a_traversing_upload_lands_in_the_runs_folder(client_of: ClientOf, company: Path) -> None:
    client = client_of("owner")
    boundary = "lmboundary"
    body = (f'--{boundary}\r\nContent-Disposition: form-data; name="source"\r\n\r\nshop\r\n--{boundary}\r\n'
            'Content-Disposition: form-data; name="files"; filename="../../../sources/shop.csv"\r\nContent-Type: text/csv\r\n\r\n'
            f'a,b\r\n1,2\r\n--{boundary}--\r\n')
    client.post("/sources/import/", body.encode(), content_type=f"multipart/form-data; boundary={boundary}")
    run = ImportRun.objects.latest("id")
    assert [path.parent for path in uploads.paths(run.pk, run.files)] == [uploads.folder_of(run.pk)]
    assert not (company / "sources" / "shop.csv").exists()


def test_unknown_formats_and_too_many_files_are_refused(client_of: ClientOf) -> None:
    client = client_of("owner")
    answer = client.post("/sources/import/", {"files": [visits("report.exe")], "source": "?"})
    assert answer.status_code == 400
    assert "Can be read" in answer.content.decode()
    many = client.post("/sources/import/", {"files": [visits(f"v{number}.csv") for number in range(51)], "source": "?"})
    assert many.status_code == 400
    assert ImportRun.objects.count() == 0


def test_uploads_above_the_limit_are_not_kept(client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "limit_bytes", lambda: 100)
    answer = client_of("owner").post("/sources/import/", {"files": [visits()], "source": "?"})
    assert answer.status_code == 400
    assert "may hold" in answer.content.decode()
    assert ImportRun.objects.count() == 0


def test_a_zip_bomb_is_refused(client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lastmeter.connectors.survey._BOMB_BYTES", 1_000_000)
    bomb = gzip.compress(b"a,b\n" + b"0" * 3_000_000)
    answer = client_of("owner").post("/sources/import/", {"files": [SimpleUploadedFile("bomb.csv.gz", bomb)], "source": "?"})
    assert answer.status_code == 400
    assert "unpacks to something abnormally large" in answer.content.decode()
    assert not list(Path(uploads.folder_of(1)).parent.glob("*/bomb*"))


def test_a_dead_process_import_is_taken_up_again(client_of: ClientOf, company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of("owner")
    run = propose(client)
    client.post(f"/sources/import/{run.pk}/", {"act": "begin", "text": run.mapping})

    def killed(*_: object, **__: object) -> None:
        raise SystemExit

    monkeypatch.setattr(tasks, "import_files", killed)
    work()  # the process dies in the middle of it: nothing says that it failed
    run.refresh_from_db()
    assert run.state == "running"
    work()
    run.refresh_from_db()
    assert run.state == "running"

    monkeypatch.setattr(tasks, "import_files", import_files)
    held = take_lock(lock_of(ImportRun, run.pk))
    take_up(clock.now())  # another process holds it: it works
    work()
    run.refresh_from_db()
    assert run.state == "running"
    os.close(held)
    take_up(clock.now())
    work()
    run.refresh_from_db()
    assert run.state == "done"
    take_up(clock.now())
    work()
    assert sum(row.source == "visits" for row in served.journal.batches()) == 1


def test_forgotten_uploads_go(client_of: ClientOf) -> None:
    run = propose(client_of("owner"))
    forget(clock.now())
    assert uploads.folder_of(run.pk).exists()
    run.made_at = run.made_at.replace(year=2020)
    run.save()
    forget(clock.now())
    assert not uploads.folder_of(run.pk).exists()


@pytest.mark.parametrize("role", ["agent", "field", "viewer", "third_party"])
def test_roles_that_may_not_import(client_of: ClientOf, role: str) -> None:
    client = client_of(role)
    assert client.get("/sources/import/").status_code == 403
    assert client.post("/sources/import/", {"files": [visits()], "source": "?"}).status_code == 403
    assert client.post("/sources/batches/1/undo/").status_code == 403
    assert ImportRun.objects.count() == 0


def test_an_analyst_may_import_but_not_undo(client_of: ClientOf) -> None:
    client = client_of("analyst")
    assert client.get("/sources/import/").status_code == 200
    assert client.get("/sources/batches/1/undo/").status_code == 403
    assert "Undo" not in client.get("/sources/shop/").content.decode()


def test_a_stranger_uploads_nothing(client_of: ClientOf, company: Path) -> None:
    assert client_of(None).post("/sources/import/", {"files": [visits()], "source": "?"}).status_code == 302
    assert ImportRun.objects.count() == 0


def test_both_languages(client_of: ClientOf) -> None:
    run = propose(client_of("owner"))
    assert "每一列当作什么" in client_of("owner", lang="zh").get(f"/sources/import/{run.pk}/").content.decode()


def test_an_import_killed_between_chunks_goes_on_behind_the_last_one(client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of("owner")
    run = propose(client)
    client.post(f"/sources/import/{run.pk}/", {"act": "begin", "text": run.mapping})
    monkeypatch.setattr(tasks, "CHUNK_ROWS", 10)
    told: list[float] = []

    def killed(*args: Any, progress: Any, **named: Any) -> object:
        def dies(share: float, file: str) -> None:
            told.append(share)
            if len(told) == 3:
                raise SystemExit
        return import_files(*args, progress=dies, **named)

    monkeypatch.setattr(tasks, "import_files", killed)
    work()
    assert not any(row.source == "visits" and row.state == "published" for row in served.journal.batches())
    monkeypatch.setattr(tasks, "import_files", import_files)
    take_up(clock.now())
    work()
    run.refresh_from_db()
    assert run.state == "done"
    assert run.report is not None
    assert run.report["files"][0]["resumed"] == 3
    assert (run.report["rows"], run.report["stored"], run.report["rejected"]) == (50, 149, 1)


def test_a_second_import_says_that_it_waits_for_its_turn(client_of: ClientOf) -> None:
    client = client_of("owner")
    run = propose(client)
    client.post(f"/sources/import/{run.pk}/", {"act": "begin", "text": run.mapping})

    def worker() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=worker)
    with served.journal.store.turn():
        thread.start()
        until = time.monotonic() + 20
        while time.monotonic() < until:
            run.refresh_from_db()
            if run.words.get("en") == tasks.WAITS.en:
                break
            time.sleep(0.05)
        assert "Waiting for another import to end" in client.get(f"/sources/import/{run.pk}/").content.decode()
    thread.join(20)
    run.refresh_from_db()
    assert run.state == "done"


def test_a_batch_is_undone_once(client_of: ClientOf) -> None:
    client = client_of("manager")
    first, second = (client.post("/sources/batches/1/undo/")["Location"] for _ in range(2))
    assert first == second
    work()
    assert "is undone" in client.get(first).content.decode()
    assert client.post("/sources/batches/1/undo/").status_code == 404
