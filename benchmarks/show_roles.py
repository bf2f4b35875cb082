"""Who may see and do what, tried: every address by every role, objects of other brands, 1,000 canaries in the vault.

    python benchmarks/show_roles.py [--seed N] [--canaries N] [--pages N]

A simulated shop is served in this process. `breaches` counts doors that open to whom they should not (or stay shut to whom
they should open) by a table written by hand, and objects of another brand or carrier that were seen or changed. The
canaries are names, phones, rooms and phones in customers' words; `unmasked` counts those that any page, file, answer of the
API or log line shows whole to anybody who did not reveal them. `controls` counts those that revealing shows: the search
works. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

PASSWORD = "the last metre counts"  # noqa: S105 - of simulated people


def main() -> None:
    """Serve, try, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--canaries", type=int, default=1000)
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--pages", type=int, default=400, help="at most so many pages a role")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lastmeter-roles-"))
    try:
        print(json.dumps(show(folder, asked)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def show(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """The figures."""
    planted, made_at = lay_out(folder / "served", asked)
    from django.test.utils import setup_test_environment

    setup_test_environment(debug=False)
    from tests.server.roles import canaries, doors, objects

    from lastmeter.server import clock
    from lastmeter.server.people.permissions import ACTS

    # A fault of the server must be counted, not end the run; its log lines are read, not shown.
    logging.getLogger().handlers.clear()
    with clock.frozen(made_at):
        said = doors.said_breaches({code: act.roles for code, act in ACTS.items()})
        looked, seen = objects.object_breaches(client_of, objects.foreign())
        print(f"{looked} attempts on objects of others", file=sys.stderr)
        crawled = canaries.crawl(client_of, (*doors.ROLES, None), planted, most=asked.pages, journeys=journeys_of(planted.customers))
        controls = revealed(planted)
        # Last: who may, does; and what is allowed to owners changes the company.
        tried, opened = doors.tried_breaches(client_of, only_refusals=False)
        print(f"{len(doors.doors())} addresses, {tried} attempts", file=sys.stderr)
    breaches = said + opened + seen
    for line in [*breaches, *(f"{needle}: {sorted(where)[:3]}" for needle, where in sorted(crawled.found.items()))]:
        print(line, file=sys.stderr)
    return {
        "routes": len({door.route for door in doors.doors()}), "attempts": tried + looked, "breaches": len(breaches),
        "canaries": len(planted.customers) * 4,
        "pages": crawled.pages, "unmasked": len(crawled.found), "controls": controls,
    }


def lay_out(folder: Path, asked: argparse.Namespace) -> tuple[Any, Any]:
    """A served shop with canaries and a person of each role."""
    from tests.server.roles.canaries import plant

    from lastmeter.demo.companies import COMMERCE, sign, simulate
    from lastmeter.workspace import Workspace

    Workspace.create(folder, template=COMMERCE)
    sign(folder, COMMERCE)
    made = simulate(folder / "exports", company=COMMERCE, seed=asked.seed, events=asked.events)
    os.environ |= {
        "LASTMETER_WORKSPACE": str(folder), "LASTMETER_ALLOWED_HOSTS": "testserver", "LASTMETER_REVEALS_A_DAY": "100000",
        "LASTMETER_REVEALS_AN_HOUR": "100000", "DJANGO_SETTINGS_MODULE": "lastmeter.server.settings",
    }
    import django

    django.setup()
    planted = plant(folder / "exports", asked.canaries)
    with Workspace.open(folder) as ws:
        for source, files in made.files.items():
            ws.import_files(files, source=source, at=made.exported_at, as_of=made.exported_at)
        ws.build(at=made.exported_at)
    from lastmeter.server.people.models import Person
    from lastmeter.server.people.permissions import ROLES
    from lastmeter.server.setup import migrate

    migrate()
    for role in ROLES:
        person = Person(username=role, name=role, email=f"{role}@example.com", role=role)
        person.performer = "carrier:swallow" if role == "third_party" else ""
        person.set_password(PASSWORD)
        person.save()
    return planted, made.exported_at


def client_of(role: str | None) -> Any:
    """A signed-in browser of a role; None: a stranger's."""
    from django.test import Client

    from lastmeter.server.people.models import Person

    made = Client(raise_request_exception=False)
    if role is not None:
        made.force_login(Person.objects.get(username=role), backend="django.contrib.auth.backends.ModelBackend")
    return made


def journeys_of(customers: list[str]) -> list[str]:
    """The journeys of these customers."""
    import narwhals.stable.v2 as nw

    from lastmeter.server.company import workspace

    with workspace() as ws:
        rows = ws.facts().journeys.filter(nw.col("customer").is_in(customers)).select("journey_id").sort("journey_id")
        return [row["journey_id"] for row in rows.collect(backend="pyarrow").to_native().to_pylist()]


def revealed(planted: Any) -> int:
    """How many canaries an owner sees who reveals them all."""
    from lastmeter.server.audit import actions, queries
    from lastmeter.server.people.models import Person

    owner = Person.objects.get(username="owner")
    shown: set[str] = set()
    for customer in planted.customers:
        tokens = [each.token for each in queries.personal_of(customer)]
        shown |= {needle for value in actions.reveal(owner, tokens, "control").values() for needle in planted.needles if needle in value}
    return len(shown)


if __name__ == "__main__":
    main()
