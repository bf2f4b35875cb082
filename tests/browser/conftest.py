"""Browser tests: `lastmeter serve` on a scratch workspace, Debian's Chromium, a new profile for every page, no network.

Fixtures for a test:

- `site`: a served demo shop with fact tables and one person of each role (user name and role are the same word). One for
  all tests of a module: leave it as you found it, or add to it.
- `busy_site`: the same of a shop ten times as large, with reefs in it, where a person may reveal `REVEALS` values a day.
- `empty_site`: a served workspace as `lastmeter init` lays it out, with an owner and nothing else. One for each test.
- `browser_page(role, width=1440, lang="en", site=site)`: a signed-in page; role None: nobody has signed in. At the end of
  the test it fails where the page broke the security policy, threw, or asked for something elsewhere.

The server runs in processes of its own, on a clock that goes on from where the shop's exports end.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route, sync_playwright

from lastmeter.demo.companies import COMMERCE, sign, simulate
from lastmeter.server.clock import Accelerated
from lastmeter.workspace import Workspace

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]
HEIGHTS = {390: 844, 1440: 900}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
PASSWORD = "the last metre counts"
EVENTS, MANY_EVENTS = 6_000, 60_000
SEED = 7
REVEALS = 3
ROLES = ("owner", "manager", "analyst", "agent", "field", "viewer", "third_party")
START_SECONDS, STOP_SECONDS = 60, 40

_PEOPLE = """
import sys
from pathlib import Path
from lastmeter.server.setup import migrate, prepare
prepare(Path(sys.argv[1]))
migrate()
from lastmeter.server.people.models import Person
for role in sys.argv[3:]:
    person = Person(username=role, name=role, email=f"{role}@example.com", role=role)
    person.set_password(sys.argv[2])
    person.save()
"""

PageOf = Callable[..., Page]


@dataclass(frozen=True)
class Site:
    """A served workspace: where browsers find it, its folder and its clock.

    exports: the shop's files, whether imported or not.
    """

    url: str
    folder: Path
    exports: Path
    clock: Accelerated


@dataclass
class _Watched:
    """A page and what it did wrong."""

    page: Page
    faults: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, datetime]:
    """A built demo shop with people of all roles, never served itself, and when its exports were made."""
    folder = tmp_path_factory.mktemp("shop") / "shop"
    return folder, _laid(folder, EVENTS)


@pytest.fixture(scope="module")
def site(shop: tuple[Path, datetime], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo shop, served; a copy for each module."""
    folder = tmp_path_factory.mktemp("site") / "shop"
    shutil.copytree(shop[0], folder)
    with _served(folder, shop[1], folder / "exports") as served:
        yield served


@pytest.fixture(scope="module")
def busy_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A larger demo shop, served, with few reveals a day."""
    folder = tmp_path_factory.mktemp("busy") / "shop"
    with _served(folder, _laid(folder, MANY_EVENTS), folder / "exports", LASTMETER_REVEALS_A_DAY=str(REVEALS)) as served:
        yield served


@pytest.fixture
def empty_site(shop: tuple[Path, datetime], tmp_path: Path) -> Iterator[Site]:
    """A new workspace with an owner, served; `exports` are the shop's, not imported."""
    folder = tmp_path / "new"
    Workspace.create(folder, template=COMMERCE)
    _add_people(folder, "owner")
    with _served(folder, shop[1], shop[0] / "exports") as served:
        yield served


@pytest.fixture
def browser_page() -> Iterator[PageOf]:
    """Opens signed-in pages, each in a profile of its own."""
    opened: list[_Watched] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)

        def page_of(role: str | None, width: int = 1440, lang: str = "en", *, site: Site) -> Page:
            watched = _open(browser, site, width, lang)
            opened.append(watched)
            if role is not None:
                sign_in(watched.page, site, role)
            return watched.page

        yield page_of
        browser.close()
    assert [fault for watched in opened for fault in watched.faults] == []


def sign_in(page: Page, site: Site, role: str) -> None:
    """Through the sign-in page, as a person does."""
    page.goto(f"{site.url}/accounts/login/")
    page.locator("input[name=login]").fill(role)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/accounts/login/" not in url)


def does_not_overflow(page: Page) -> bool:
    """Whether the page is no wider than its window: nobody scrolls a phone sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def _open(browser: Browser, site: Site, width: int, lang: str) -> _Watched:
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHTS.get(width, 900)}, locale=LOCALES[lang], has_touch=width < 720,
    )
    watched = _Watched(context.new_page())
    here = urlsplit(site.url).netloc

    def only_here(route: Route, request: Request) -> None:
        if urlsplit(request.url).netloc == here:
            route.continue_()
            return
        watched.faults.append(f"asked for {request.url}")
        route.abort()

    def heard(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            watched.faults.append(message.text)

    context.route("**/*", only_here)
    watched.page.on("console", heard)
    watched.page.on("pageerror", lambda error: watched.faults.append(str(error)))
    return watched


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LASTMETER_", "DJANGO_"))}
    return kept | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def _laid(folder: Path, events: int) -> datetime:
    """A built demo shop with people of all roles; when its exports were made."""
    Workspace.create(folder, template=COMMERCE)
    sign(folder, COMMERCE)
    made = simulate(folder / "exports", company=COMMERCE, seed=SEED, events=events)
    with Workspace.open(folder) as ws:
        for source, files in made.files.items():
            ws.import_files(files, source=source, at=made.exported_at, as_of=made.exported_at)
        ws.build(at=made.exported_at)
    _add_people(folder, *ROLES)
    return made.exported_at


def _add_people(folder: Path, *roles: str) -> None:
    """In a process of its own: Django knows one workspace a process."""
    subprocess.run([sys.executable, "-c", _PEOPLE, str(folder), PASSWORD, *roles], check=True, env=_environment())


@contextmanager
def _served(folder: Path, at: datetime, exports: Path, **settings: str) -> Iterator[Site]:
    """`lastmeter serve` until the end of the block; its log stands in `serve.log` beside the workspace."""
    port = _free_port()
    clock = Accelerated(at, time.time(), 1.0)
    environment = _environment() | {"LASTMETER_DEMO_CLOCK": clock.text(), **settings}
    command = [sys.executable, "-m", "lastmeter", "serve", "-w", str(folder), "--port", str(port)]
    with (folder.parent / "serve.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_until_ready(process, url, folder.parent / "serve.log")
            yield Site(url, folder, exports, clock)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"lastmeter serve ended: {log.read_text()[-2000:]}")
        try:
            if httpx.get(f"{url}/readyz", timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"lastmeter serve is not ready: {log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
