"""The key that signs sessions is made once, however many processes start at the same time."""

from __future__ import annotations

import secrets
import stat
import threading
import time
from pathlib import Path

import pytest

from lastmeter.server import settings


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "PRIVATE", tmp_path / "server")
    monkeypatch.delenv("LASTMETER_SECRET_KEY", raising=False)
    return tmp_path / "server"


def test_two_that_start_at_once_go_by_one_whole_key(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ready, seen, made = threading.Barrier(8), list[str](), secrets.token_urlsafe

    def slowly(size: int) -> str:
        time.sleep(0.1)
        return made(size)

    def start() -> None:
        ready.wait(20)
        seen.append(settings._secret_key())

    monkeypatch.setattr(secrets, "token_urlsafe", slowly)
    starts = [threading.Thread(target=start) for _ in range(8)]
    for thread in starts:
        thread.start()
    for thread in starts:
        thread.join(20)
    assert len(seen) == 8
    assert set(seen) == {(private / "secret.key").read_text(encoding="ascii")}
    assert len(seen[0]) == 64


def test_it_is_readable_for_its_owner_only_and_stays(private: Path) -> None:
    key = settings._secret_key()
    assert stat.S_IMODE((private / "secret.key").stat().st_mode) == 0o600
    assert settings._secret_key() == key


def test_a_start_that_died_over_an_empty_file_is_followed_by_one_that_makes_the_key(private: Path) -> None:
    private.mkdir()
    (private / "secret.key").touch(mode=0o600)
    assert len(settings._secret_key()) == 64
