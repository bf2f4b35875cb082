"""Whoever was erased is forgotten by the watch too, however the erasure was done, and does not come back."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import narwhals.stable.v2 as nw
import pytest
from django.db import connection, connections

from lastmeter.server import clock
from lastmeter.server.audit import actions as audit
from lastmeter.server.audit import forgetting
from lastmeter.server.company import served, workspace
from lastmeter.server.people.models import Person
from lastmeter.server.watch import watching
from lastmeter.server.watch.actions import take_on
from lastmeter.server.watch.models import Act, Flaw, Forgotten, Prediction
from lastmeter.server.webhooks.models import Delivery, Subscription
from lastmeter.server.worker import run_once
from tests.server.watch.conftest import Shop

NOTE = "called Mrs Wang on 13800138000"


@pytest.fixture
def flawed(shop: Shop) -> tuple[str, list[str]]:
    """A customer whose journey has a raised flaw that somebody took on with a note, a forecast and a message; the journey's flaws."""
    forgetting._seen.clear()
    listed = set(Flaw.objects.values_list("journey", flat=True))
    with workspace() as ws:
        known = ws.facts("order").journeys.filter(~nw.col("customer").is_null(), nw.col("journey_id").is_in(sorted(listed)))
        row = known.sort("journey_id").head(1).collect(backend="pyarrow").to_native().to_pylist()[0]
    found = list(Flaw.objects.filter(journey=row["journey_id"]).values_list("pk", flat=True))
    with clock.frozen(shop.at):
        take_on(Person.objects.get(username="agent"), found[0], NOTE)
    Prediction.objects.create(kind="order", journey=row["journey_id"], due_at=shop.at, said_at=shop.at, step="paid", reached_at=shop.at,
                              chance=0.9, compared=40)
    act = Act.objects.get(note=NOTE)
    told = Subscription.objects.create(name="x", url="https://example.com", secret="s", made_at=shop.at)
    for number in (act.pk, act.pk + 1000):
        Delivery.objects.create(subscription=told, message=f"flaw-{number}", type="flaw.raised", body="{}", made_at=shop.at)
    kept = Flaw.objects.exclude(pk__in=found)[0]
    Act.objects.create(pk=act.pk + 1000, flaw=kept, at=shop.at, what="raised")
    return row["customer"], found


def assert_gone(found: list[str], others: int) -> None:
    assert not Flaw.objects.filter(pk__in=found).exists()
    assert not Act.objects.filter(note=NOTE).exists()
    assert not Prediction.objects.exists()
    assert Delivery.objects.count() == 1, "the message about another's flaw stays"
    assert Flaw.objects.count() == others


def others_than(customer: str) -> int:
    """How many flaws are of other customers' journeys."""
    with workspace() as ws:
        mine = ws.facts("order").journeys.filter(nw.col("customer") == customer).select("journey_id").collect(backend="pyarrow")
    return Flaw.objects.exclude(journey__in=mine.to_native()["journey_id"].to_pylist()).count()


def test_erased_in_the_console_at_once_and_not_raised_again(shop: Shop, flawed: tuple[str, list[str]]) -> None:
    customer, found = flawed
    others = others_than(customer)
    audit.erase_customer(Person.objects.get(username="owner"), customer, "asked for it in a letter")
    assert_gone(found, others)
    shop.turn(timedelta(minutes=1))
    watching.forget_turn()
    for number in (2, 3, 4):  # somebody builds while no watch runs: all that is known is what was raised
        with workspace() as ws:
            ws.build(at=shop.at + timedelta(minutes=number), full=True)
    shop.turn(timedelta(minutes=5))
    assert not Flaw.objects.filter(pk__in=found).exists()
    assert set(found) <= set(Forgotten.objects.values_list("pk", flat=True))


def test_erased_at_the_command_line_with_the_next_turn_of_the_worker(shop: Shop, flawed: tuple[str, list[str]]) -> None:
    customer, found = flawed
    others = others_than(customer)
    run_once("forget")
    assert Flaw.objects.filter(pk__in=found).count() == len(found), "nobody was erased yet"
    with workspace() as ws:
        ws.erase(customer, at=shop.at)
    run_once("forget")
    assert_gone(found, others)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the backup is a copy of the folder, with the database in it")
def test_erased_before_a_backup_was_restored(shop: Shop, flawed: tuple[str, list[str]], company: Path, tmp_path: Path) -> None:
    """The database that comes back has forgotten the erasure; the log beside it has not."""
    customer, found = flawed
    others = others_than(customer)
    backup = tmp_path / "backup"
    connections.close_all()
    served.reset()
    shutil.copytree(company, backup)
    with workspace() as ws:
        ws.erase(customer, at=shop.at)
    served.reset()
    shutil.copy(company / "journal" / "erased.log", backup / "journal" / "erased.log")
    shutil.rmtree(company)
    shutil.copytree(backup, company)
    run_once("forget")
    assert Flaw.objects.filter(pk__in=found).count() == len(found), "the database knows of no erasure"
    run_once("purge")
    run_once("forget")
    assert_gone(found, others)
