"""Whoever looks at the devices that are signed in recognises them."""

from __future__ import annotations

import pytest

from lastmeter.server.people.devices import device_of
from tests.server.conftest import PASSWORD, ClientOf

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"


@pytest.mark.parametrize(("user_agent", "zh", "en"), [
    (WINDOWS, "Windows 上的 Chrome", "Chrome on Windows"),
    (f"{WINDOWS} Edg/142.0.0.0", "Windows 上的 Edge", "Edge on Windows"),
    (f"{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15", "macOS 上的 Safari", "Safari on macOS"),
    (f"{PHONE} Version/18.1 Mobile/15E148 Safari/604.1", "iPhone 上的 Safari", "Safari on iPhone"),
    (f"{PHONE} Mobile/15E148 MicroMessenger/8.0.54", "iPhone 上的 微信", "WeChat on iPhone"),
    ("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36",
     "Android 上的 Chrome", "Chrome on Android"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "Linux 上的 Firefox", "Firefox on Linux"),
    ("Mozilla/5.0 (Windows NT 10.0) Unheard/1.0", "Windows", "Windows"),
    ("curl/8.5.0", "认不出的设备", "A device we do not recognise"),
    ("", "认不出的设备", "A device we do not recognise"),
])
def test_a_device_in_words(user_agent: str, zh: str, en: str) -> None:
    assert (device_of(user_agent).zh, device_of(user_agent).en) == (zh, en)


def test_the_page_names_devices_and_hides_what_browsers_call_themselves(client_of: ClientOf) -> None:
    client = client_of(None)
    client.post("/accounts/login/", {"login": "owner", "password": PASSWORD}, headers={"User-Agent": WINDOWS})
    page = client.get("/accounts/sessions/").content.decode()
    assert "Chrome on Windows" in page
    assert "AppleWebKit" not in page
