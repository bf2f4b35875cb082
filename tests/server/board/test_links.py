"""Every number leads somewhere: what the pages link to is there, for who sees the link."""

from __future__ import annotations

import html
import re
from pathlib import Path

from tests.server.board.conftest import PageOf
from tests.server.conftest import ClientOf

PAGES = ("/?period=2026-09", "/?period=2026-09&post=last_mile", "/pareto/?period=2026", "/reefs/?period=2026", "/drivers/?period=2026",
         "/focus/?period=2026", "/brief/?period=2026-09")


def test_no_link_leads_nowhere(large_company: Path, page_of: PageOf, client_of: ClientOf) -> None:
    links: dict[tuple[str, ...], str] = {}
    for address in PAGES:
        base = address.split("?")[0]
        for found in re.findall(r'href="([^"#]+)', page_of(address)):
            link = base + html.unescape(found) if found.startswith("?") else html.unescape(found)
            path, _, query = link.partition("?")
            shape = tuple(sorted(part.split("=")[0] for part in query.split("&")))
            if not path.startswith(("/static/", "/accounts/")) and "format=csv" not in query:
                links.setdefault((re.sub(r"\d{6,}", "", path), *shape), link)
    assert len(links) > 40
    client = client_of("owner")
    gone = {link: status for link in links.values() if (status := client.get(link).status_code) not in (200, 302)}
    assert gone == {}
