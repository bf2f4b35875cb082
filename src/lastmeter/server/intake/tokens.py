"""Tokens: `Authorization: Bearer lm_...`. What a token is allowed is looked up once in some seconds, not at every request."""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import DatabaseError
from django.http import HttpRequest

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import clock
from lastmeter.server.intake.models import Token

PREFIX = "lm_"
KNOWN_SECONDS = 2.0
"""So long a web process goes by what it knows of a token: a withdrawn one is refused everywhere after that."""
KNOWN_TOKENS = 1_000
"""So many tokens are remembered, and beside them so many keys that are none: whoever guesses pushes no token out."""
USED_EVERY = timedelta(minutes=1)

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Known:
    token: Token
    read: float
    tokens: float = 0.0
    filled: float = 0.0


_lock = threading.Lock()
_known: dict[str, _Known] = {}
_unknown: dict[str, float] = {}


def authenticate(request: HttpRequest) -> Token | None:
    """The live token that the request carries; None without one, or with one that is unknown, expired or withdrawn."""
    scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not key.startswith(PREFIX):
        return None
    known = _look_up(hash_of(key.strip()))
    at = clock.now()
    if known is None or not known.token.is_live(at):
        return None
    _note_use(known.token, at)
    return known.token


def admit(token: Token) -> None:
    """Count one request against the token's rate: a bucket that holds two seconds' worth.

    Raises:
        LastMeterError: `intake.too_fast`; its place `seconds` says when to come again.
    """
    if not token.per_second:
        return
    with _lock:
        known = _known.setdefault(token.hash, _Known(token, 0.0))
        now = time.monotonic()
        full = 2.0 * token.per_second
        known.tokens = full if not known.filled else min(full, known.tokens + (now - known.filled) * token.per_second)
        known.filled = now
        if known.tokens >= 1.0:
            known.tokens -= 1.0
            return
    raise LastMeterError(
        "intake.too_fast", Title("这个令牌的请求太快", "This token sends requests too fast"),
        Title("过 {seconds} 秒再试；批量发送，或请所有者放宽限制",
              "Try again in {seconds} s; send in batches, or ask an owner to raise the limit"),
        seconds=1,
    )


def demand_scope(token: Token | None, scope: str, *, source: str | None = None) -> Token:
    """The token, if it may; what a door of the API begins with.

    Raises:
        LastMeterError: `intake.no_token`, `intake.scope`, `intake.source_not_allowed`, `intake.too_fast`.
    """
    if token is None:
        raise LastMeterError(
            "intake.no_token", Title("请求没有带有效的令牌", "The request carries no valid token"),
            Title("加上 Authorization: Bearer lm_...；令牌由所有者在“数据源”里发放",
                  "Send Authorization: Bearer lm_...; an owner gives tokens under Sources"),
        )
    if not token.may(scope):
        raise LastMeterError(
            "intake.scope", Title("这个令牌没有“{scope}”的权限", "This token does not have the scope “{scope}”"),
            Title("请所有者发放一个有此权限的令牌", "Ask an owner for a token that has it"), scope=scope,
        )
    if source is not None and not token.may(scope, source=source):
        raise source_not_allowed(source)
    admit(token)
    return token


def source_not_allowed(source: str) -> LastMeterError:
    """The error for a source that a token is not bound to."""
    return LastMeterError(
        "intake.source_not_allowed", Title("这个令牌不能用于来源“{source}”", "This token is not for the source “{source}”"),
        Title("换用该来源的令牌，或请所有者放宽", "Use a token of that source, or ask an owner to widen this one"), source=source[:80],
    )


def new_key() -> str:
    """A fresh key: 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_of(key: str) -> str:
    """What is kept of a key. A plain hash will do: nobody can guess 256 random bits."""
    return hashlib.sha256(key.encode()).hexdigest()


def forget(hashed: str | None = None) -> None:
    """Let this process look the token up again (None: all)."""
    with _lock:
        for one in [hashed] if hashed else [*_known, *_unknown]:
            _known.pop(one, None)
            _unknown.pop(one, None)


def _look_up(hashed: str) -> _Known | None:
    now = time.monotonic()
    with _lock:
        known = _known.get(hashed)
        if known is not None and now - known.read < KNOWN_SECONDS:
            return known
        if now - _unknown.get(hashed, -KNOWN_SECONDS) < KNOWN_SECONDS:
            return None
        if known is not None:
            known.read = now  # one request looks it up, the others go by what is known meanwhile
    try:
        token = Token.objects.filter(hash=hashed).first()
    except DatabaseError:
        if known is not None:
            known.read = 0.0  # nobody goes by what could not be looked up; its rate stays counted
        raise
    with _lock:
        if token is None:
            _known.pop(hashed, None)
            _unknown.pop(hashed, None)
            _remember(_unknown, hashed, now)
            return None
        _unknown.pop(hashed, None)
        known = _known.get(hashed)
        if known is None:
            known = _remember(_known, hashed, _Known(token, now))
        known.token, known.read = token, now
        return known


def _remember(kept: dict[str, T], hashed: str, value: T) -> T:
    """Keep it, in the place of what has been kept longest where there is no more room."""
    while len(kept) >= KNOWN_TOKENS:
        kept.pop(next(iter(kept)))
    kept[hashed] = value
    return value


def _note_use(token: Token, at: datetime) -> None:
    """Write down when it was used, once a minute; a full disk must not close the door to those who only read."""
    if token.last_used_at is not None and at - token.last_used_at < USED_EVERY:
        return
    token.last_used_at = at
    try:
        Token.objects.filter(pk=token.pk).update(last_used_at=at)
    except DatabaseError:
        log.warning("the use of a token could not be written down")
