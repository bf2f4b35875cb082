"""The acts of intake: tokens given and withdrawn, live sources set up, what was set aside replayed or discarded."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from lastmeter.journal import rejected as set_aside
from lastmeter.kernel.clock import zone_named
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.audit.actions import record
from lastmeter.server.intake import tokens
from lastmeter.server.intake.ingest.again import retake
from lastmeter.server.intake.ingest.door import Result
from lastmeter.server.intake.models import MODES, SCOPES, LiveSource, Token
from lastmeter.server.intake.queries import own
from lastmeter.server.people.actions.errors import demand_within
from lastmeter.server.people.models import Person
from lastmeter.server.people.permissions import demand

NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")
SETTABLE = ("title_zh", "title_en", "mode", "lateness_seconds", "zone", "personal", "said", "plain", "identities", "relays")


def give_token(
    person: Person, name: str, *, scopes: Iterable[str], sources: Iterable[str] = (), brands: Iterable[str] = (),
    expires_at: datetime | None = None, per_second: int = 200,
) -> tuple[Token, str]:
    """A new token and its key, which nobody can read again afterwards.

    scopes: of `models.SCOPES`. sources, brands: empty means all.

    Raises:
        LastMeterError: `people.not_allowed` without token.edit, or for brands beyond one's own; `people.beyond_own_reach`
            for all brands by who sees some; `intake.token_incomplete`.
    """
    brands = sorted(set(brands))
    demand(person, "token.edit", brands=brands)
    demand_within(person, brands)
    wanted = sorted(set(scopes))
    if not name.strip() or not wanted or not set(wanted) <= SCOPES.keys() or (expires_at and expires_at <= clock.now()):
        raise LastMeterError(
            "intake.token_incomplete", Title(
                "令牌需要名称、至少一项权限和将来的到期时间", "A token needs a name, a scope, and an expiry that lies ahead"),
            Title("权限有：{scopes}", "The scopes are: {scopes}"), scopes=", ".join(SCOPES),
        )
    key = tokens.new_key()
    with transaction.atomic():
        token = Token.objects.create(
            name=name.strip(), hash=tokens.hash_of(key), hint=key[:8], scopes=wanted, sources=sorted(set(sources)),
            brands=brands, per_second=per_second, given_at=clock.now(), given_by=person, expires_at=expires_at,
        )
        record(person, "token.given", object_type="token", object_id=str(token.pk), scopes=wanted, sources=token.sources,
               brands=token.brands)
    return token, key


def withdraw_token(person: Person, token: Token) -> None:
    """Close the door to a token: in this process at once, in others within `tokens.KNOWN_SECONDS`.

    Raises:
        LastMeterError: `people.not_allowed` without token.edit; `people.beyond_own_reach` for a token that reaches further.
    """
    demand(person, "token.edit")
    demand_within(person, token.brands)
    with transaction.atomic():
        Token.objects.filter(pk=token.pk, withdrawn_at__isnull=True).update(withdrawn_at=clock.now())
        record(person, "token.withdrawn", object_type="token", object_id=str(token.pk))
    tokens.forget(token.hash)


def set_source(person: Person, name: str, **settings: Any) -> LiveSource:
    """Set up a live source, new or known: `settings` are fields of `LiveSource` (SETTABLE), the others stay.

    Raises:
        LastMeterError: `people.not_allowed` without source.edit; `intake.source_name`, `intake.source_setting`, `zone.unknown`.
    """
    demand(person, "source.edit")
    check_name(name)
    if not settings.keys() <= set(SETTABLE) or settings.get("mode", "arrival") not in MODES:
        raise LastMeterError(
            "intake.source_setting", Title("数据源没有这样的设置", "A source has no such setting"),
            Title("可以设置：{names}", "It has: {names}"), names=", ".join(SETTABLE),
        )
    if settings.get("zone"):
        zone_named(settings["zone"])
    with transaction.atomic():
        source, _made = LiveSource.objects.update_or_create(
            name=name, defaults=settings, create_defaults={"made_at": clock.now(), **settings})
        record(person, "source.set", object_type="source", object_id=name, settings=sorted(settings))
    return source


def new_secret(person: Person, name: str) -> str:
    """A new secret for the webhooks of a source, shown once; the one before stays good until the next change.

    Raises:
        LastMeterError: `people.not_allowed` without webhook.edit; `intake.source_name`.
    """
    demand(person, "webhook.edit")
    check_name(name)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    with transaction.atomic():
        source, _made = LiveSource.objects.get_or_create(name=name, defaults={"made_at": clock.now()})
        source.secret_before, source.secret = source.secret, secret
        source.save(update_fields=["secret", "secret_before"])
        record(person, "source.secret", object_type="source", object_id=name)
    return secret


def replay(person: Person, number: int, mended_text: str | None = None) -> Result:
    """Take what was set aside once more, as it came or mended; where that succeeds it is settled.

    Only what came over HTTP (`Rejected.can_replay`). What still cannot be taken stays as it was, and the error says why.

    Raises:
        LastMeterError: `people.not_allowed` without rejected.mend; `intake.rejected_not_found`; why it cannot be taken.
    """
    demand(person, "rejected.mend")
    found = set_aside.page(own(), number=number, live=True, limit=1)
    text = mended_text if mended_text is not None else (found[0][0].raw if found else None)
    if not found or text is None:
        raise LastMeterError(
            "intake.rejected_not_found", Title("没有这条被搁置的内容，或原文已删除",
                                                "This is not set aside any more, or its text was erased"),
            Title("刷新列表", "Reload the list"),
        )
    row, source = found[0]
    with transaction.atomic():
        results = retake(own(), source, str(row.places.get("form", "")), text, clock.now())
        for result in results:
            if isinstance(result.outcome, LastMeterError):
                raise result.outcome
        if not results:
            raise LastMeterError(
                "intake.no_event", Title("映射里没有任何事件符合这一行", "The row meets the conditions of no event of the mapping"),
                Title("检查映射里的 when", "Check `when` in the mapping"),
            )
        set_aside.remove(own(), [number])
        record(person, "rejected.replayed", object_type="rejected", object_id=str(number), source=source,
               mended=mended_text is not None, outcomes=sorted({str(result.outcome) for result in results}))
    return results[0]


def discard(person: Person, numbers: Sequence[int], *, reason: str = "") -> int:
    """Throw away what was set aside; how many of the numbers were there.

    Raises:
        LastMeterError: `people.not_allowed` without rejected.mend.
    """
    demand(person, "rejected.mend")
    with transaction.atomic():
        connection = own()
        found = [number for number in numbers if set_aside.page(connection, number=number, limit=1)]
        set_aside.remove(connection, found)
        record(person, "rejected.discarded", object_type="rejected", object_id=",".join(map(str, found))[:200], reason=reason,
               count=len(found))
    return len(found)


def check_name(name: str) -> None:
    """Refuse what cannot be a source's name.

    Raises:
        LastMeterError: `intake.source_name`.
    """
    if not NAME.fullmatch(name):
        raise LastMeterError(
            "intake.source_name", Title("“{name}”不能作来源的名称", "“{name}” cannot be the name of a source"),
            Title("用小写字母、数字和下划线，以字母开头", "Use lower-case letters, digits and underscores, a letter first"), name=name[:80],
        )
