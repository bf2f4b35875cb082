"""The doctor of a server: each thing that can be wrong is made wrong, named, and mended where it may be."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from lastmeter.demo.companies import COMMERCE
from lastmeter.journal import Event, ObjectRef
from lastmeter.server import clock, doctor, worker
from lastmeter.server.company import served
from lastmeter.server.people.models import Person
from lastmeter.server.watch.models import Silence
from lastmeter.workspace import Workspace
from lastmeter.workspace.backup import back_up, backed_up_at
from lastmeter.workspace.doctor import Finding


@pytest.fixture
def well(company: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A server of which there is nothing to say but good: mail is set, a worker works, there is a backup."""
    (company / "server").mkdir(exist_ok=True)
    (company / "server").chmod(0o700)
    (company / "server" / "secret.key").write_text("k" * 64, encoding="ascii")
    (company / "server" / "secret.key").chmod(0o600)
    monkeypatch.delenv("LASTMETER_SECRET_KEY", raising=False)
    monkeypatch.setenv("LASTMETER_MAIL_URL", "smtp+tls://lin:secret@mail.example.com:587")
    monkeypatch.setenv("LASTMETER_MAIL_FROM", "lm@example.com")
    (company / "journal" / "backup.at").write_text(clock.real_now().isoformat(), encoding="ascii")
    turn = worker.take_turn(threading.Event())
    assert turn is not None
    yield company
    os.close(turn)


def examined(folder: Path) -> list[Finding]:
    """What is not good."""
    return [finding for finding in doctor.examine(folder) if finding.state != "good"]


def only(folder: Path) -> Finding:
    (found,) = examined(folder)
    assert found.hint is not None, "how to mend it is always said"
    for lang in ("zh", "en"):
        found.title.say(lang, **found.places)
        found.hint.say(lang, **found.places)
    return found


def test_of_a_server_in_order_one_good_sentence(well: Path) -> None:
    (found,) = doctor.examine(well)
    assert (found.state, found.title) == ("good", doctor.SERVER)
    assert found.title.say("en", **found.places) == "Server: SQLite, tables up to date, 7 people"


SETTINGS = [
    ({"LASTMETER_ALLOWED_HOSTS": "https://lm.example.com"}, "bad", doctor.HOST_WRONG),
    ({"LASTMETER_ALLOWED_HOSTS": "lm.example.com:8000"}, "bad", doctor.HOST_WRONG),
    ({"LASTMETER_ALLOWED_HOSTS": "*"}, "warn", doctor.HOST_ANY),
    ({"LASTMETER_ALLOWED_HOSTS": ""}, "bad", doctor.HOST_NONE),
    ({"LASTMETER_BASE_URL": "lm.example.com"}, "bad", doctor.BASE_WRONG),
    ({"LASTMETER_BASE_URL": "https://lm.example.com"}, "warn", doctor.HTTPS_MIXED),
    ({"LASTMETER_BASE_URL": "http://lm.example.com", "LASTMETER_HTTPS": "1"}, "warn", doctor.HTTPS_MIXED),
    ({"LASTMETER_BASE_URL": "https://lm.example.com", "LASTMETER_HTTPS": "1"}, None, None),
    ({"LASTMETER_ALLOWED_HOSTS": "[::1],lm.example.com"}, None, None),
    ({"LASTMETER_SECRET_KEY": "short"}, "bad", doctor.SECRET_SHORT),
    ({"LASTMETER_SECRET_KEY": "l" * 32}, None, None),
    ({"LASTMETER_WEB_PROCESSES": "2"}, "bad", doctor.ONE_PROCESS),
    ({"LASTMETER_THREADS": "many"}, "bad", doctor.NO_NUMBER),
    ({"LASTMETER_HTTPS": "off"}, None, None),
    ({"LASTMETER_ALOWED_HOSTS": "x"}, "warn", doctor.UNKNOWN_SETTING),
    ({"LASTMETER_THREADS_FILE": "x"}, "warn", doctor.UNKNOWN_SETTING),
    ({"LASTMETER_MAIL_URL": ""}, "warn", doctor.MAIL_NONE),
    ({"LASTMETER_MAIL_URL": "mail.example.com"}, "bad", doctor.MAIL_WRONG),
    ({"LASTMETER_OIDC_ISSUER": "https://login.example.com"}, "bad", doctor.OIDC_PART),
    ({"LASTMETER_OIDC_CLIENT": "lm"}, "bad", doctor.OIDC_PART),
    ({"LASTMETER_OIDC_ISSUER": "http://login.example.com", "LASTMETER_OIDC_CLIENT": "lm"}, "warn", doctor.OIDC_PLAIN),
    ({"LASTMETER_OIDC_ISSUER": "https://login.example.com", "LASTMETER_OIDC_CLIENT": "lm"}, None, None),
]


@pytest.mark.parametrize(("given", "state", "title"), SETTINGS, ids=[" ".join(f"{n}={v}" for n, v in row[0].items()) for row in SETTINGS])
def test_a_setting_that_does_not_fit(
    well: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], state: str | None, title: object
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    if state is None:
        assert examined(well) == []
    else:
        found = only(well)
        assert (found.state, found.title) == (state, title)


def test_a_secrets_file_that_is_not_there(well: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LASTMETER_MAIL_URL")
    monkeypatch.setenv("LASTMETER_MAIL_URL_FILE", str(well / "nowhere"))
    assert [(one.state, one.places["name"]) for one in examined(well)] == [("bad", "LASTMETER_MAIL_URL")]


def test_a_key_and_a_folder_that_others_read_are_closed(well: Path) -> None:
    key = well / "server" / "secret.key"
    key.chmod(0o644)
    (well / "server").chmod(0o755)
    folder, secret = examined(well)
    assert (folder.state, folder.title) == ("warn", doctor.FOLDER_OPEN)
    assert (secret.state, secret.title) == ("bad", doctor.SECRET_OPEN)
    for finding in (folder, secret):
        assert finding.mend is not None
        finding.mend()
    assert examined(well) == []
    assert (key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_missing_key_is_named_and_not_made(well: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (well / "server" / "secret.key").unlink()
    monkeypatch.setenv("LASTMETER_SECRET_KEY", "")
    assert only(well).title == doctor.SECRET_MISSING
    assert not (well / "server" / "secret.key").exists()


def test_a_password_that_others_read_in_the_settings(well: Path) -> None:
    config = well / "lastmeter.toml"
    text = config.read_text(encoding="utf-8")
    assert '\nurl = ""' in text
    config.write_text(text.replace('\nurl = ""', '\nurl = "postgresql://lm:secret@db/lm"', 1), encoding="utf-8")
    config.chmod(0o644)
    found = only(well)
    assert (found.state, found.title) == ("warn", doctor.SETTINGS_OPEN)
    config.chmod(0o640)
    assert examined(well) == []


def test_nobody_who_could_let_others_in(well: Path) -> None:
    Person.objects.filter(role="owner").update(is_active=False)
    assert (only(well).state, only(well).title) == ("bad", doctor.NO_OWNER)


def test_no_worker_and_one_that_is_gone_but_holds_its_lock(well: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    lock = well / "server" / worker.LOCK
    assert worker.holder() == (socket.gethostname(), os.getpid())
    lock.write_text(f"{socket.gethostname()} {ended.pid}\n", encoding="utf-8")
    found = only(well)
    assert (found.state, found.title, found.places["pid"]) == ("bad", doctor.DEAD_WORKER, ended.pid)
    lock.write_text(f"another-host {ended.pid}\n", encoding="utf-8")
    assert examined(well) == [], "of another machine's processes nothing is known"
    lock.rename(lock.with_name("elsewhere"))
    assert (only(well).state, only(well).title) == ("warn", doctor.NO_WORKER)


@pytest.mark.parametrize(("minutes", "old"), [(4, False), (6, True)])
def test_fact_tables_that_a_worker_does_not_renew(well: Path, minutes: int, *, old: bool) -> None:
    with clock.frozen(clock.now() + timedelta(minutes=minutes)):
        found = examined(well)
        assert [(one.state, one.title, one.places) for one in found] == (
            [("bad", doctor.FACTS, {"minutes": minutes})] if old else [])
        (well / "server" / "live.json").write_text("{}", encoding="utf-8")
        assert examined(well) == [], "a simulated company has its own time"


def test_events_that_nobody_seals_are_sealed(well: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    event = Event(source="till", id="paid-1", type="order.paid", occurred_at=clock.now(), objects=(ObjectRef("order", "o-1"),))
    with transaction.atomic():
        served.journal.append(connection.connection, [event], recorded_at=clock.now())
    waiting = served.journal.hot_count()
    assert waiting > 0
    monkeypatch.setattr(doctor, "HOT_MANY", waiting + 1)
    assert examined(well) == []
    monkeypatch.setattr(doctor, "HOT_MANY", waiting)
    found = only(well)
    assert (found.state, found.title, found.places) == ("warn", doctor.UNSEALED, {"n": waiting})
    assert found.mend is not None
    found.mend()
    assert served.journal.hot_count() == 0
    assert examined(well) == []


def test_a_silent_source_since_when_by_the_companys_clock(well: Path) -> None:
    Silence.objects.create(source="shop", since=clock.now().replace(hour=18, minute=30), noticed_at=clock.now())
    found = only(well)
    assert (found.state, found.title) == ("warn", doctor.SILENT)
    assert settings.COMPANY.company.zone == "Asia/Shanghai"
    assert str(found.places["since"]).endswith("02:30"), "18:30 UTC is half past two in Shanghai"


def test_a_backup_is_noticed_and_grows_old(well: Path) -> None:
    (well / "journal" / "backup.at").unlink()
    assert only(well).title == doctor.NO_BACKUP
    with Workspace.open(well) as ws:
        back_up(ws, well.parent / "one.tar", at=clock.real_now())
    (well.parent / "one.tar").unlink()
    assert examined(well) == []
    made = backed_up_at(well)
    assert made is not None
    (well / "journal" / "backup.at").write_text((made - timedelta(days=8)).isoformat(), encoding="ascii")
    assert only(well).places == {"days": 8}


def run(folder: Path, *arguments: str, url: str = "", leaves: int = 0) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LASTMETER_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-m", "lastmeter", *arguments, "-w", str(folder)], capture_output=True, text=True, check=False,
        env=kept | ({"LASTMETER_DATABASE_URL": url} if url else {}),
    )
    assert done.returncode == leaves, done.stdout + done.stderr
    return done.stdout


def lay(folder: Path, mode: int) -> None:
    """What a first start leaves before the database is there."""
    (folder / "server").mkdir(exist_ok=True)
    (folder / "server").chmod(mode)
    (folder / "server" / "secret.key").write_text("k" * 64, encoding="ascii")
    (folder / "server" / "secret.key").chmod(0o600)


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_command_migrates_and_examines_again(tmp_path: Path, database: str, request: pytest.FixtureRequest) -> None:
    url = "" if database == "sqlite" else str(request.getfixturevalue("postgres_url"))
    folder = tmp_path / "ws"
    Workspace.create(folder, template=COMMERCE)
    assert "Server" not in run(folder, "doctor", "--lang", "en", url=url), "what was never served is not examined as a server"
    lay(folder, 0o755)
    said = run(folder, "doctor", "--lang", "en", url=url, leaves=1)
    assert "migrations behind" in said
    said = run(folder, "doctor", "--mend", "--lang", "zh", url=url, leaves=1)
    assert "已修好：数据库还差" in said
    assert "没有一个所有者能登录" in said
    assert "数据表是最新的" in said
    assert ("PostgreSQL" in said) == bool(url)
    assert (folder / "server").stat().st_mode & 0o777 == 0o700
    run(folder, "invite", "--role", "owner", url=url)
    assert "No owner can sign in" in run(folder, "doctor", "--lang", "en", url=url, leaves=1), "an invitation is not yet an owner"


_SKEWED = """
import sys
from datetime import timedelta
from pathlib import Path
from lastmeter.server import clock, doctor, setup
setup.prepare(Path(sys.argv[1]))
setup.migrate()
right = clock.real_now
for seconds in (0, 10, 90):
    clock.real_now = lambda: right() + timedelta(seconds=seconds)
    print([(one.state, one.places) for one in doctor.examine(Path(sys.argv[1])) if one.title == doctor.SKEW])
"""


@pytest.mark.slow
def test_clocks_that_differ(tmp_path: Path, postgres_url: str) -> None:
    folder = tmp_path / "ws"
    Workspace.create(folder, template=COMMERCE)
    lay(folder, 0o700)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LASTMETER_", "DJANGO_"))}
    done = subprocess.run([sys.executable, "-c", _SKEWED, str(folder)], capture_output=True, text=True, check=True,
                          env=kept | {"LASTMETER_DATABASE_URL": postgres_url})
    assert done.stdout.splitlines() == ["[]", "[('warn', {'seconds': 10})]", "[('bad', {'seconds': 90})]"]


@pytest.mark.slow
def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    Workspace.create(folder, template=COMMERCE)
    lay(folder, 0o700)
    said = run(folder, "doctor", "--lang", "en", url="postgresql://lm@127.0.0.1:9/lm", leaves=1)
    assert "The database does not answer" in said
