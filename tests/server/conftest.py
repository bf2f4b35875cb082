"""A served company for tests: a small simulated shop with one person of each role, laid anew for every test.

Django knows one workspace a process: a folder that the fixture `company` fills from a template, made once a process. So
every test has real files, a real database (SQLite; see `databases` for PostgreSQL) and fact tables, and nothing of it survives
the test.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from lastmeter.demo.companies import COMMERCE, sign, simulate
from lastmeter.workspace import Workspace
from tests.server.databases import CHOICE, chosen

BASE = Path(tempfile.mkdtemp(prefix="lastmeter-server-"))
FOLDER = BASE / "served"
TEMPLATE = BASE / "template"
EVENTS = 6_000
SEED = 7
PASSWORD = "the last metre counts"

DATABASE = chosen()
Workspace.create(FOLDER, template=COMMERCE)
for _name in [name for name in os.environ if name.startswith("LASTMETER_")]:
    if _name not in {"LASTMETER_DATA", "LASTMETER_FORBID_SKIPS", CHOICE}:
        del os.environ[_name]
os.environ["LASTMETER_WORKSPACE"] = str(FOLDER)
if DATABASE.url:
    os.environ["LASTMETER_DATABASE_URL"] = DATABASE.url
os.environ["LASTMETER_ALLOWED_HOSTS"] = "testserver,localhost,127.0.0.1"
os.environ["DJANGO_SETTINGS_MODULE"] = "lastmeter.server.settings"

import django  # noqa: E402

django.setup()

from django.core import mail  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment, teardown_test_environment  # noqa: E402

from lastmeter.server import clock  # noqa: E402
from lastmeter.server.company import served  # noqa: E402
from lastmeter.server.people.models import Person  # noqa: E402
from lastmeter.server.people.permissions import ROLES  # noqa: E402
from lastmeter.server.setup import migrate  # noqa: E402

ClientOf = Callable[..., Client]


@pytest.fixture(scope="session", autouse=True)
def _django() -> Iterator[None]:
    setup_test_environment(debug=False)
    yield
    teardown_test_environment()
    DATABASE.close()
    served.reset()
    shutil.rmtree(BASE, ignore_errors=True)


@pytest.fixture(scope="session")
def template() -> tuple[Path, datetime]:
    """The template folder and when its exports were made: a built shop, people of all roles."""
    shutil.rmtree(FOLDER)
    Workspace.create(FOLDER, template=COMMERCE)
    sign(FOLDER, COMMERCE)
    made = simulate(FOLDER / "exports", company=COMMERCE, seed=SEED, events=EVENTS)
    with Workspace.open(FOLDER) as ws:
        for source, files in made.files.items():
            ws.import_files(files, source=source, at=made.exported_at, as_of=made.exported_at)
        ws.build(at=made.exported_at)
    migrate()
    for role in ROLES:
        person = Person(username=role, name=ROLES[role].en, email=f"{role}@example.com", role=role)
        person.set_password(PASSWORD)
        person.save()
    served.reset()
    DATABASE.close()
    DATABASE.keep()
    shutil.copytree(FOLDER, TEMPLATE)
    return TEMPLATE, made.exported_at


@pytest.fixture
def company(template: tuple[Path, datetime]) -> Iterator[Path]:
    """The folder of the served workspace, as in the template; the server's clock stands at the end of its exports."""
    folder, at = template
    DATABASE.close()
    served.reset()
    shutil.rmtree(FOLDER)
    shutil.copytree(folder, FOLDER)
    DATABASE.lay()
    served.journal  # noqa: B018 - opened before the first act, as a web process does
    mail.outbox.clear()
    with clock.frozen(at):
        yield FOLDER
    DATABASE.close()
    served.reset()


@pytest.fixture
def client_of(company: Path) -> ClientOf:
    """A signed-in browser of a role: `client_of("manager", lang="zh")`; role None: a stranger's."""

    def client(role: str | None = "owner", *, lang: str = "en") -> Client:
        made = Client(headers={"accept-language": lang})
        if role is not None:
            made.force_login(Person.objects.get(username=role), backend="django.contrib.auth.backends.ModelBackend")
        return made

    return client
