"""Canaries: names, phones, addresses and words that nobody else has, planted in a shop's exports; and a crawl by every role
over every page, file and answer that a link or the API leads to, which looks for them.
"""

from __future__ import annotations

import csv
import logging
import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

from django.test import Client

from lastmeter.server.logs import JsonFormatter
from tests.server.roles.doors import body_of

ClientOf = Callable[[str | None], Client]
API = ("kinds", "journeys?kind=order", "pareto?kind=order", "reefs?kind=order", "drivers?kind=order", "focus", "brief", "indicators",
       "openapi.json")
_HREF = re.compile(r"""(?:href|hx-get|action)="(/[^"#]*)""")
_NEVER = ("/accounts/logout", "/static/", "/healthz", "/readyz")
_UNSEEN = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>", re.DOTALL)


@dataclass
class Planted:
    """What was planted: by customer the values as they came, of which none may be seen whole."""

    customers: list[str] = field(default_factory=list)
    needles: set[str] = field(default_factory=set)


def plant(exports: Path, count: int) -> Planted:
    """Rewrite the exports of a simulated shop: a quarter of `count` customers get a name, a phone and an address of their
    own, and one of their reviews or complaints holds a phone.
    """
    made = Planted()
    rows = _read(exports / "customers.csv")
    numbers = {row["order_id"]: row["customer_id"] for row in _read(exports / "orders.csv")}
    wanted = [row for row in rows if row["customer_id"] in set(numbers.values())][: count // 4]
    phones: dict[str, str] = {}
    for place, row in enumerate(wanted):
        name, phone = f"Zq{_letters(place)} Vx{_letters(place * 7 + 3)}", f"139{70000000 + place * 97:08}"
        room = f"{1000 + place}"
        row |= {"name": name, "phone": phone, "address": f"江苏南京市中山路{place + 1}号{place % 9 + 1}幢{room}室"}
        phones[row["customer_id"]] = f"137{60000000 + place * 89:08}"
        made.customers.append(row["customer_id"])
        made.needles |= {name, name.split()[1], phone, f"幢{room}室", phones[row["customer_id"]]}
    _write(exports / "customers.csv", rows)
    said: set[str] = set()
    for file, column in (("reviews.csv", "comment"), ("complaints.csv", "content")):
        told = _read(exports / file)
        for row in told:
            if row["customer_id"] in phones and row["customer_id"] not in said:
                row[column] = f"等了很久，请打 {phones[row['customer_id']]} 联系我"
                said.add(row["customer_id"])
        _write(exports / file, told)
    return made


class Log(logging.Handler):
    """Keeps what the server logs, as it would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(self.format(record))


@dataclass
class Crawled:
    """What a crawl saw: pages by role, needles found and where."""

    pages: int = 0
    found: dict[str, set[str]] = field(default_factory=dict)

    def look(self, text: str, where: str, needles: Iterable[str]) -> None:
        """Look for every needle in a text."""
        for needle in needles:
            if needle in text:
                self.found.setdefault(needle, set()).add(where)


def crawl(client_of: ClientOf, roles: Iterable[str | None], planted: Planted, *, most: int, journeys: list[str]) -> Crawled:
    """Follow every link that a role sees, at most so many pages a role, the canaries' own journeys and customers first."""
    seen = Crawled()
    log = Log()
    logging.getLogger().addHandler(log)
    try:
        for role in roles:
            _crawl_as(client_of(role), role, planted, most, journeys, seen)
    finally:
        logging.getLogger().removeHandler(log)
    seen.look("\n".join(log.lines), "log", planted.needles)
    return seen


def _crawl_as(client: Client, role: str | None, planted: Planted, most: int, journeys: list[str], seen: Crawled) -> None:
    start = [f"/customers/{key}/" for key in planted.customers] + [f"/journeys/order/{one}/" for one in journeys]
    start += [f"/api/v1/journeys/order/{one}" for one in journeys]
    share = max(1, most // 5)
    step = max(1, len(start) // share)
    queue = deque(["/", "/more/", "/journeys/list/?kind=order&format=csv", "/account/", *(f"/api/v1/{one}" for one in API), *start[::step]])
    queue.append(f"/search/?q={planted.customers[0]}")
    known = set(queue)
    for _ in range(most):
        if not queue:
            return
        path = queue.popleft()
        answer = client.get(path)
        text = _UNSEEN.sub("", body_of(answer).decode("utf-8", "replace"))
        seen.pages += 1
        seen.look(unescape(text), f"{role} {path.partition('?')[0]}", planted.needles)
        for link in _HREF.findall(text):
            link = unescape(link)
            if link not in known and not link.startswith(_NEVER):
                known.add(link)
                queue.append(link)


def _letters(number: int) -> str:
    """A number in letters: no digits, so that no rule about numbers hides it."""
    return "".join("abcdefghij"[int(digit)] for digit in f"{number:05}")


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
