"""Single events that still hold what is personal: it goes into the vault in the transaction that stores the event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from lastmeter.journal.connection import Connection
from lastmeter.journal.event import Event, ObjectRef
from lastmeter.journal.vault import Kind, Vault

if TYPE_CHECKING:
    from lastmeter.journal.journal import Journal


class Draft(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event and what of it only the vault may hold.

    `personal` and `said`: attributes that the event does not have yet, by name. `identities`: the places among the event's
    objects whose ids are phones, addresses or accounts. `types`: of new attributes whose values do not tell them (money).
    """

    event: Event
    personal: dict[str, str] = {}
    said: dict[str, str] = {}
    identities: tuple[int, ...] = ()
    types: dict[str, str] = {}

    @property
    def token_names(self) -> list[str]:
        """The attributes that become tokens."""
        return [*self.personal, *self.said]


def event_of(draft: Event | Draft) -> Event:
    """The event itself."""
    return draft.event if isinstance(draft, Draft) else draft


def veil(journal: Journal, connection: Connection, drafts: Sequence[Event | Draft]) -> Sequence[Event | None]:
    """The events with tokens for what is personal, in the caller's write transaction.

    None where the primary object is an erased person: of them nothing is told any more. Events about an erased object
    are taken without words and personal values, as those of files are.
    """
    private = [draft for draft in drafts if type(draft) is Draft]
    if not private:
        return drafts  # type: ignore[return-value]
    vault = journal.vault
    about_erased = _about_erased(connection, vault, private)
    kept = [draft for draft in private if id(draft) not in about_erased]
    tokens: dict[tuple[Kind, str], str | None] = {}
    for kind, values in (
        ("identity", [draft.event.objects[place].id for draft in private for place in draft.identities]),
        ("personal", [value for draft in kept for value in draft.personal.values()]),
        ("said", [value for draft in kept for value in draft.said.values()]),
    ):
        if values:
            distinct = list(dict.fromkeys(values))
            found = vault.tokens(connection, kind, distinct)  # type: ignore[arg-type]
            tokens |= {(kind, value): token for value, token in zip(distinct, found, strict=True)}  # type: ignore[misc]
    return [
        _veiled(draft, tokens, with_words=id(draft) not in about_erased) if isinstance(draft, Draft) else draft
        for draft in drafts
    ]


def _veiled(draft: Draft, tokens: dict[tuple[Kind, str], str | None], *, with_words: bool) -> Event | None:
    objects: list[ObjectRef] = []
    for place, ref in enumerate(draft.event.objects):
        if place not in draft.identities:
            objects.append(ref)
        elif (token := tokens["identity", ref.id]) is not None:
            objects.append(ObjectRef(ref.type, token))
        elif place == 0:
            return None
    attributes = dict(draft.event.attributes)
    if with_words:
        for kind, values in (("personal", draft.personal), ("said", draft.said)):
            found = {name: tokens[kind, value] for name, value in values.items()}  # type: ignore[index]
            attributes |= {name: token for name, token in found.items() if token is not None}
    return msgspec.structs.replace(draft.event, objects=tuple(objects), attributes=attributes)


def _about_erased(connection: Connection, vault: Vault, drafts: Sequence[Draft]) -> set[int]:
    """The ids (in memory) of the drafts that name an erased object."""
    if not vault.any_erased(connection, "object"):
        return set()
    named = {id(draft): {vault.object_hash(ref.type, ref.id) for ref in draft.event.objects} for draft in drafts}
    erased = vault.erased(connection, set().union(*named.values()))
    return {key for key, hashes in named.items() if hashes & erased}
