"""`lastmeter invite` and the first owner's link of `lastmeter serve`: run as a person runs them, opened as a browser does."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from django.db import connections

from lastmeter.demo.companies import COMMERCE
from lastmeter.server import clock
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.people.models import Invitation, Person
from lastmeter.workspace import Workspace
from tests.server.conftest import ClientOf
from tests.server.people import issuer as issuers
from tests.server.people.serving import LINK, environment, free_port, post, secret_in, serving

PASSWORD = "seven quiet lamps"
pytestmark = [
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:generate_user_info:DeprecationWarning"),
]


def invite(folder: Path, *arguments: str, lang: str = "en", leaves: int = 0) -> str:
    """Run the command; what it said on standard output, and on standard error where it fails."""
    connections.close_all()
    done = subprocess.run(
        [sys.executable, "-m", "lastmeter", "invite", "-w", str(folder), *arguments, "--lang", lang],
        capture_output=True, text=True, env=environment(), check=False,
    )
    assert done.returncode == leaves, done.stderr
    assert not LINK.search(done.stderr), "what is logged must not open a door"
    return done.stdout if leaves == 0 else done.stdout + done.stderr


class TestInvite:
    def test_the_link_opens_once(self, client_of: ClientOf, company: Path) -> None:
        said = invite(company, "--role", "manager", "--email", "Lin@Example.com", "--name", "Lin", "--url", "https://lm.example.com/")
        assert "as Manager" in said
        assert "https://lm.example.com/invitation/" in said
        assert "Mailed to lin@example.com" in said
        secret = secret_in(said)
        browser = client_of(None)
        page = browser.get(f"/invitation/{secret}/")
        assert page.status_code == 200
        assert "Manager" in page.content.decode()
        answer = browser.post(f"/invitation/{secret}/", {"name": "Lin", "username": "lin", "password": PASSWORD})
        assert answer.status_code == 302
        assert browser.get("/account/").context["person"].role == "manager"
        again = client_of(None).get(f"/invitation/{secret}/")
        assert again.status_code == 400
        assert "no longer valid" in again.content.decode()

    def test_after_seven_days_it_says_that_it_is_over(self, client_of: ClientOf, company: Path) -> None:
        said = invite(company, "--role", "owner", lang="zh")
        assert "所有者 的邀请链接" in said
        secret = secret_in(said)
        expires = Invitation.objects.get().expires_at
        with clock.frozen(expires - timedelta(seconds=1)):
            assert client_of(None).get(f"/invitation/{secret}/").status_code == 200
        with clock.frozen(expires):
            late = client_of(None, lang="zh").get(f"/invitation/{secret}/")
            assert late.status_code == 400
            assert "已失效" in late.content.decode()
            posted = client_of(None).post(f"/invitation/{secret}/", {"name": "E", "username": "eve", "password": PASSWORD})
            assert posted.status_code == 400
        assert not Person.objects.filter(username="eve").exists()

    def test_the_secret_is_kept_nowhere_but_in_the_letter(self, company: Path) -> None:
        secret = secret_in(invite(company, "--role", "viewer", "--email", "kim@example.com"))
        holding = [file for file in company.rglob("*") if file.is_file() and secret.encode() in file.read_bytes()]
        assert [file.parent.name for file in holding] == ["mail"]
        assert AuditRow.objects.get(act="people.invite").actor == "command line"

    def test_what_cannot_be_is_said_and_leaves_nothing(self, company: Path) -> None:
        before = Person.objects.count()
        assert "no such role" in invite(company, "--role", "king", leaves=2)
        assert "third party" in invite(company, "--role", "third_party", leaves=2)
        assert Person.objects.count() == before


@pytest.mark.slow
def test_serve_lets_the_first_owner_in_and_whom_she_invites_by_single_sign_on(tmp_path: Path) -> None:
    """Three starts: a link that works, a newer one that replaces it, none once there is an owner; then the company's issuer."""
    folder, log, port = tmp_path / "new", tmp_path / "server.log", free_port()
    Workspace.create(folder, template=COMMERCE)
    with serving(folder, port, log) as printed:
        first = secret_in(printed)
        assert httpx.get(f"http://127.0.0.1:{port}/invitation/{first}/").status_code == 200
    with serving(folder, port, log) as printed, httpx.Client() as browser:
        second = secret_in(printed)
        old = browser.get(f"http://127.0.0.1:{port}/invitation/{first}/", headers={"accept-language": "en"})
        assert (old.status_code, "no longer valid" in old.text) == (400, True)
        form = {"name": "Mei", "username": "mei", "password": PASSWORD}
        assert post(browser, f"http://127.0.0.1:{port}/invitation/{second}/", form).status_code == 302
        assert browser.get(f"http://127.0.0.1:{port}/account/").status_code == 200
        used = browser.get(f"http://127.0.0.1:{port}/invitation/{second}/")
        assert used.status_code == 400
    third = secret_in(invite(folder, "--role", "agent", "--email", "ann@example.com"))
    with issuers.running() as issuer:
        issuer.knows("a-1", email="ann@example.com", email_verified=True, role="owner")
        settings = {
            "LASTMETER_OIDC_ISSUER": issuer.url, "LASTMETER_OIDC_CLIENT": issuers.CLIENT, "LASTMETER_OIDC_SECRET": issuers.SECRET,
            "LASTMETER_OIDC_NAME": "Company login", "LASTMETER_BASE_URL": f"http://localhost:{port}",
        }
        with serving(folder, port, log, **settings) as printed, httpx.Client(headers={"accept-language": "en"}) as browser:
            assert not LINK.search(printed), "an owner can sign in"
            page = browser.get(f"http://localhost:{port}/accounts/login/").text
            way = re.search(r'href="(/accounts/oidc/[^"]+)">[^\n]*Sign in with Company login', page)
            assert way
            out = browser.get(f"http://localhost:{port}{way[1].replace('&amp;', '&')}")
            back = browser.get(issuer.sign_in(out.headers["location"], "a-1"))
            assert (back.status_code, back.headers["location"]) == (302, "/")
            account = browser.get(f"http://localhost:{port}/account/")
            assert account.status_code == 200
            assert "Agent" in account.text
            assert "Owner" not in account.text
    written = log.read_text(encoding="utf-8")
    assert '"route": "invitation/<str:secret>/"' in written
    for secret in (first, second, third, issuers.SECRET):
        assert secret not in written
    assert "ann@example.com" not in written
