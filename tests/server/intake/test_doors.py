"""The short way of events: all that every request passes, and nothing of what only pages need."""

from __future__ import annotations

import pytest
from django.test import override_settings

from tests.server.intake.conftest import Post, hot, paid


def test_a_door_asks_for_no_session_and_still_says_what_every_answer_says(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_given: object) -> None:
        raise AssertionError("a door asked who is signed in")

    monkeypatch.setattr("django.contrib.auth.middleware.auth.get_user", never)
    answer = post(paid(1))
    assert answer.status_code == 201
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Request-Id"]


@override_settings(ALLOWED_HOSTS=["lastmeter.example"])
def test_a_door_answers_under_no_name_but_ours(post: Post) -> None:
    assert post(paid(1)).status_code == 400
    assert hot() == {}
