"""In Chromium: somebody without a password comes by the company's issuer, adds a passkey there, and signs in with it alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from lastmeter.demo.companies import COMMERCE
from lastmeter.workspace import Workspace
from tests.server.people import issuer as issuers
from tests.server.people.issuer import Issuer
from tests.server.people.serving import environment, free_port, serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:generate_user_info:DeprecationWarning"),
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def say_who_one_is(page: Page, issuer: Issuer) -> None:
    """What one does at the issuer."""
    page.wait_for_url(f"{issuer.url}/**")
    page.fill("input[name=sub]", "a-1")
    page.click("button[type=submit] >> nth=0")


def test_a_passkey_is_added_by_way_of_the_issuer_and_opens_the_door(tmp_path: Path) -> None:
    folder, port = tmp_path / "new", free_port()
    Workspace.create(folder, template=COMMERCE)
    url = f"http://localhost:{port}"
    with issuers.running() as issuer, sync_playwright() as playwright:
        issuer.knows("a-1", email="ann@example.com", email_verified=True)
        settings = {
            "LASTMETER_OIDC_ISSUER": issuer.url, "LASTMETER_OIDC_CLIENT": issuers.CLIENT, "LASTMETER_OIDC_SECRET": issuers.SECRET,
            "LASTMETER_OIDC_NAME": "Company login", "LASTMETER_BASE_URL": url,
        }
        with serving(folder, port, tmp_path / "log", **settings):
            _invite(folder)
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
            page = browser.new_context(locale="en-GB").new_page()
            faults: list[str] = []
            page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.goto(f"{url}/accounts/login/?next=/account/")
            page.click("text=Sign in with Company login")
            say_who_one_is(page, issuer)
            page.wait_for_url(f"{url}/account/")
            devices = page.context.new_cdp_session(page)
            devices.send("WebAuthn.enable")
            devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
            page.click("a[href='/accounts/2fa/webauthn/add/']")
            say_who_one_is(page, issuer)
            page.wait_for_url(f"{url}/accounts/2fa/webauthn/add/")
            page.fill("#id_name", "Laptop")
            page.check("#id_passwordless")
            page.click("#mfa_webauthn_add")
            page.wait_for_url(f"{url}/accounts/2fa/recovery-codes/")
            page.goto(f"{url}/account/")
            page.click("text=Sign out")
            page.goto(f"{url}/accounts/login/?next=/account/")
            page.click("#passkey_login")
            page.wait_for_url(f"{url}/account/")
            assert page.locator("h1").inner_text() == "My account"
            assert faults == []
            browser.close()


def _invite(folder: Path) -> None:
    command = [sys.executable, "-m", "lastmeter", "invite", "-w", str(folder), "--role", "agent", "--email", "ann@example.com"]
    subprocess.run(command, check=True, capture_output=True, env=environment())
