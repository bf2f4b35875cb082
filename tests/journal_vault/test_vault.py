"""Mei sells tea. Her customers' names, phones and words go into the vault; the journal only sees tokens."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastmeter.journal.connection import Connection
from lastmeter.journal.store import Store
from lastmeter.journal.vault import Vault, canonical_identity, is_token

WORDS = "很好，下次打 13800138000 找我"


def test_a_value_has_one_token_in_every_import(connection: Connection, vault: Vault) -> None:
    with connection.transaction():
        first = vault.tokens(connection, "said", ["好", None, WORDS, "好"])
    with connection.transaction():
        again = vault.tokens(connection, "said", [WORDS, "好", "新"])
    assert first[0] == first[3] == again[1]
    assert first[1] is None
    assert first[2] == again[0]
    assert len({first[0], first[2], again[2]}) == 3
    assert all(token is None or is_token(token) for token in first + again)


def test_kinds_do_not_share_tokens_so_that_a_name_said_aloud_is_not_linked_to_its_owner(
    connection: Connection, vault: Vault
) -> None:
    with connection.transaction():
        tokens = [vault.tokens(connection, kind, ["李雷"])[0] for kind in ("identity", "personal", "said")]
    assert len(set(tokens)) == 3


def test_words_are_shown_redacted_and_fields_masked_unless_asked(connection: Connection, vault: Vault) -> None:
    with connection.transaction():
        (said,) = vault.tokens(connection, "said", [WORDS])
        (name,) = vault.tokens(connection, "personal", ["李雷"])
        (phone,) = vault.tokens(connection, "identity", ["13812344471"])
    assert said is not None
    assert name is not None
    assert phone is not None
    assert vault.reveal(connection, [said, name, phone, "v~999", "o-17"]) == {
        said: "很好，下次打 [电话] 找我", name: "李**", phone: "138****4471"
    }
    assert vault.reveal(connection, [said, name], raw=True) == {said: WORDS, name: "李雷"}


def test_a_rolled_back_import_leaves_nothing(connection: Connection, vault: Vault) -> None:
    def import_that_is_stopped() -> None:
        with connection.transaction():
            vault.tokens(connection, "said", ["好"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_that_is_stopped()
    assert vault.find(connection, "said", "好") is None
    assert vault.held(connection) == set()


def test_numbers_are_never_given_twice(connection: Connection, vault: Vault) -> None:
    with connection.transaction():
        (old,) = vault.tokens(connection, "said", ["好"])
        assert old is not None
        assert [raw for _, _, raw in vault.forget(connection, [old])] == ["好"]
        (new,) = vault.tokens(connection, "said", ["坏"])
    assert new != old


def test_an_erased_value_gets_no_token_again(connection: Connection, vault: Vault) -> None:
    with connection.transaction():
        vault.remember_erased(
            connection, "identity", [vault.hash_of("identity", "13800138000")], at="2018-03-01T00:00:00"
        )
        assert vault.tokens(connection, "identity", ["+86 138-0013-8000", "13900139000"])[0] is None
        assert vault.tokens(connection, "personal", ["13800138000"])[0] is not None


def test_hashes_depend_on_the_key_and_hide_the_value(vault: Vault) -> None:
    other = Vault(bytes(32))
    assert vault.hash_of("said", "好") != other.hash_of("said", "好")
    assert vault.hash_of("said", "好") != vault.hash_of("personal", "好")
    assert vault.object_hash("order", "1") != vault.object_hash("order", "2")


def test_two_writers_at_once_agree_on_tokens(store: Store, vault: Vault) -> None:
    found: list[list[str | None]] = []
    ready = threading.Barrier(2)

    def take() -> None:
        ready.wait()
        with store.writing(exclusive=False) as connection:
            found.append(vault.tokens(connection, "said", [f"text {number}" for number in range(300)]))

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1]
    assert len(set(found[0])) == 300


def test_odd_texts_come_back(connection: Connection, vault: Vault) -> None:
    texts = ["", " ", "a\0b", "half \ud83d pair", "😀", "'; DROP TABLE lm_vault; --", "%s ? {x}"]
    with connection.transaction():
        tokens = vault.tokens(connection, "said", texts)
        assert vault.tokens(connection, "said", texts) == tokens
    shown = vault.reveal(connection, [token for token in tokens if token], raw=True)
    assert [shown[str(token)] for token in tokens] == [
        "", " ", "a\ufffdb", "half ? pair", "😀", "'; DROP TABLE lm_vault; --", "%s ? {x}"
    ]


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("+86 138-0013-8000", "13800138000"), ("008613800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        (" Li.Wei@Example.com ", "li.wei@example.com"), ("C-17", "C-17"), ("+49 (30) 1234567", "+49301234567"),
        ("李雷", "李雷"),
    ],
)
def test_an_identity_is_known_in_its_usual_spellings(typed: str, means: str) -> None:
    assert canonical_identity(typed) == means


@given(st.text())
def test_one_spelling_is_final(value: str) -> None:
    assert canonical_identity(canonical_identity(value)) == canonical_identity(value)
