"""What a browser calls itself, in words that its owner recognises: Chrome on Windows."""

from __future__ import annotations

from lastmeter.diagnosis.words import fill, same
from lastmeter.kernel.titles import Title

# The first whose sign is found: nearly every browser claims to be Chrome and Safari too, Android to be Linux.
BROWSERS: tuple[tuple[str, Title], ...] = (
    ("MicroMessenger", Title("微信", "WeChat")), ("DingTalk", Title("钉钉", "DingTalk")), ("Edg", same("Edge")), ("OPR", same("Opera")),
    ("HuaweiBrowser", Title("华为浏览器", "Huawei Browser")), ("MiuiBrowser", Title("小米浏览器", "Mi Browser")),
    ("QQBrowser", Title("QQ 浏览器", "QQ Browser")), ("UCBrowser", Title("UC 浏览器", "UC Browser")),
    ("SamsungBrowser", same("Samsung Internet")), ("Firefox", same("Firefox")), ("FxiOS", same("Firefox")),
    ("Chrome", same("Chrome")), ("CriOS", same("Chrome")), ("Safari", same("Safari")),
)
SYSTEMS: tuple[tuple[str, Title], ...] = (
    ("iPhone", same("iPhone")), ("iPad", same("iPad")), ("HarmonyOS", same("HarmonyOS")), ("Android", same("Android")),
    ("Windows", same("Windows")), ("Macintosh", same("macOS")), ("CrOS", same("ChromeOS")), ("Linux", same("Linux")),
)
BOTH = Title("{system} 上的 {browser}", "{browser} on {system}")
NEITHER = Title("认不出的设备", "A device we do not recognise")


def device_of(user_agent: str) -> Title:
    """The browser and the system that a User-Agent header names, as far as they are known."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return fill(BOTH, browser=browser, system=system)
    return browser or system or NEITHER


def _first(known: tuple[tuple[str, Title], ...], text: str) -> Title | None:
    return next((title for sign, title in known if sign in text), None)
