"""Bodies that are too large, packed bombs, and more than the process has hands for."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import pytest
import zstandard
from django.http import HttpRequest

from lastmeter.server.intake.ingest import bodies
from tests.server.intake.conftest import LINES, Post, hot, paid, said


@pytest.fixture
def small(settings_of: Any) -> None:
    settings_of(DATA_UPLOAD_MAX_MEMORY_SIZE=100_000)


@pytest.fixture
def settings_of() -> Any:
    from django.test import override_settings

    held: list[Any] = []

    def change(**values: Any) -> None:
        one = override_settings(**values)
        one.enable()
        held.append(one)

    yield change
    for one in held:
        one.disable()


def test_a_body_above_the_limit_is_refused_packed_or_not(post: Post, small: None) -> None:
    assert post(b"x" * 100_001, LINES).status_code == 413
    bomb = b"\n" * 50_000_000
    assert post(gzip.compress(bomb), LINES, content_encoding="gzip").status_code == 413
    assert post(zstandard.compress(bomb), LINES, content_encoding="zstd").status_code == 413
    assert bodies.in_hand.held == 0


def test_a_bomb_is_stopped_before_it_has_grown(small: None) -> None:
    packed = gzip.compress(b"\0" * 200_000_000)
    grown = 0
    for piece in bodies._unpacked(bodies._pieces(io.BytesIO(packed), len(packed), 100_000_000), "gzip"):
        grown += len(piece)
        if grown > 100_000:
            break
    assert 100_000 < grown <= 100_000 + 256 * 1024


def test_what_cannot_be_unpacked_says_so(post: Post) -> None:
    text = json.dumps(paid(1)).encode()
    assert said(post(text, content_encoding="gzip"))["code"] == "intake.packed"
    assert said(post(gzip.compress(text)[:-6], content_encoding="gzip"))["code"] == "intake.packed"
    assert said(post(text, content_encoding="zstd"))["code"] == "intake.packed"
    assert post(text, content_encoding="br").status_code == 415
    assert hot() == {}


def test_members_of_gzip_one_after_the_other_are_one_body(post: Post) -> None:
    lines = [gzip.compress((json.dumps(paid(number)) + "\n").encode()) for number in (1, 2)]
    assert said(post(b"".join(lines), LINES, content_encoding="gzip"))["stored"] == 2


def test_who_comes_when_hands_are_full_is_told_to_come_again(post: Post) -> None:
    bodies.in_hand.take(bodies.in_hand.most)
    try:
        answer = post(paid(1))
    finally:
        bodies.in_hand.give(bodies.in_hand.most)
    assert (answer.status_code, answer["Retry-After"]) == (429, str(bodies.RETRY_SECONDS))
    assert hot() == {}
    assert post(paid(1)).status_code == 201
    assert bodies.in_hand.held == 0


def test_a_body_without_a_length_is_read_to_its_end() -> None:
    request = HttpRequest()
    request.environ = {"wsgi.input": io.BytesIO(b"a" * 300_000)}  # type: ignore[attr-defined]
    with bodies.body_of(request) as body:
        assert body == b"a" * 300_000
    assert bodies.in_hand.held == 0
