"""Handing out and erasing what is held about one customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from lastmeter.journal.erasure import ErasureReport
from lastmeter.journal.purging import PurgeReport
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.audit import forgetting
from lastmeter.server.audit.actions.recording import record
from lastmeter.server.audit.queries import customers
from lastmeter.server.audit.queries.rows import VAULT
from lastmeter.server.company import served, workspace
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import demand

EXPORT = "customer.export"
ERASE = "customer.erase"


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did, and whether the bytes are gone already."""

    report: ErasureReport
    purge: PurgeReport


def export_customer(person: Person, customer: str, reason: str) -> dict[str, Any]:
    """Everything that is held about a customer, as plain values; an audit row for the act and one for each value shown.

    Raises:
        LastMeterError: `people.not_allowed`, `people.reveal_reason`, `customer.unknown`.
    """
    _demand_whole(person, EXPORT)
    _demand_reason(reason)
    with workspace() as ws:
        held, tokens = customers.everything(ws, customer)
    with transaction.atomic():
        record(person, EXPORT, object_type="customer", object_id=pseudonym(customer), reason=reason.strip()[:500],
               events=len(held["events"]), values=len(tokens))
        for token in tokens:
            record(person, EXPORT, object_type=VAULT, object_id=token, reason=reason.strip()[:500])
    return held


def erase_customer(person: Person, customer: str, reason: str) -> Erased:
    """Erase a customer by key, phone or e-mail and purge the bytes, which may have to wait for readers.

    The journal has its own transaction: the wish is written down before it, the outcome after it.

    Raises:
        LastMeterError: `people.not_allowed`, `people.reveal_reason`; those of `Workspace.erase`.
    """
    _demand_whole(person, ERASE)
    _demand_reason(reason)
    name = pseudonym(customer)
    record(person, ERASE, object_type="customer", object_id=name, reason=reason.strip()[:500])
    with workspace() as ws:
        report = ws.erase(customer, at=clock.now())
        purge = ws.purge()
    forgetting.forget_everywhere()
    record(person, "customer.erased", object_type="customer", object_id=name, events=report.events, vault=report.vault,
           rejected=report.rejected, purged=purge.done)
    return Erased(report, purge)


def pseudonym(customer: str) -> str:
    """How the audit names a customer: a keyed hash, which tells nobody anything and is the same every time."""
    return served.journal.vault.hash_of("customer", customer).hex()


def _demand_whole(person: Person, act: str) -> None:
    """A customer belongs to all brands at once: only who sees them all may hand out or erase one."""
    demand(person, act)
    if person.brands:
        raise LastMeterError(
            "people.not_allowed", Title("需要看得到全部品牌的所有者", "This takes an owner who sees all brands"),
            Title("请没有品牌限制的所有者来做", "Ask an owner without a limit of brands"), act=act,
        )


def _demand_reason(reason: str) -> None:
    if len(reason.strip()) < 2:
        raise LastMeterError(
            "people.reveal_reason", Title("请写明理由", "Give a reason"),
            Title("例如：顾客来信要求", "For example: the customer asked for it in a letter"),
        )
