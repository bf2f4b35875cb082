"""All SQL that the journal sends to its database: schema, migrations, statements.

One subset for SQLite and PostgreSQL: `?` placeholders, ON CONFLICT, RETURNING. BYTEA is a type of PostgreSQL that
SQLite takes as it is; 64-bit hashes are stored as signed BIGINT. No unique index on plaintext: a violation's text
would quote it.
"""

from __future__ import annotations

# ---------------------------------------------------------------- schema and meta

CREATE_META = "CREATE TABLE IF NOT EXISTS lm_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)"

_JOURNAL_TABLES = (
    # Events taken one by one, until they are sealed. hash and digest: as in the key files; body: the event as JSON.
    """CREATE TABLE lm_hot (
        hash BIGINT NOT NULL, digest BIGINT NOT NULL, slot BIGINT NOT NULL, source TEXT NOT NULL, id TEXT NOT NULL,
        body TEXT NOT NULL, PRIMARY KEY (hash, source, id))""",
    # Single events that repeated an import's: they keep its rows alive when it is undone.
    """CREATE TABLE lm_attested (
        hash BIGINT NOT NULL, digest BIGINT NOT NULL, revision BIGINT NOT NULL, PRIMARY KEY (hash, digest))""",
    # The manifest: every file of the journal. kind: events, corrections, keys, attested, touched.
    # state: staged (of an open batch), live, retired (still read by older snapshots).
    # manifest: the number from which a builder has to look at its rows; published: when it became live.
    """CREATE TABLE lm_segment (
        number BIGINT PRIMARY KEY, kind TEXT NOT NULL, month TEXT, batch BIGINT, chunk BIGINT, file TEXT NOT NULL,
        state TEXT NOT NULL, manifest BIGINT NOT NULL, rows BIGINT NOT NULL, bytes BIGINT NOT NULL,
        object_types TEXT NOT NULL, retired_at TEXT)""",
    """CREATE TABLE lm_batch (
        number BIGINT PRIMARY KEY, source TEXT NOT NULL, label TEXT NOT NULL, state TEXT NOT NULL,
        manifest BIGINT NOT NULL, recorded_at TEXT NOT NULL, stated BIGINT NOT NULL, stored BIGINT NOT NULL,
        duplicate BIGINT NOT NULL, corrected BIGINT NOT NULL, contradictory BIGINT NOT NULL, rejected BIGINT NOT NULL,
        tied BIGINT NOT NULL)""",
    """CREATE TABLE lm_chunk (
        number BIGINT PRIMARY KEY, batch BIGINT NOT NULL, file_digest TEXT NOT NULL, mapping_digest TEXT NOT NULL,
        span TEXT NOT NULL, counts TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX lm_chunk_key ON lm_chunk (batch, file_digest, mapping_digest, span)",
    "CREATE TABLE lm_attribute (name TEXT PRIMARY KEY, type TEXT NOT NULL)",
    # What each batch says about its source; an undone one says nothing any more.
    """CREATE TABLE lm_source (
        batch BIGINT NOT NULL, name TEXT NOT NULL, event_types TEXT NOT NULL, watermark TEXT,
        PRIMARY KEY (batch, name))""",
)

# ---------------------------------------------------------------- vault

_VAULT_TABLES = (
    # kind: identity, personal, said. hash: keyed, of the raw value; the token is meaningless and sequential.
    """CREATE TABLE lm_vault (
        token INTEGER PRIMARY KEY, kind TEXT NOT NULL, hash BYTEA NOT NULL, raw TEXT, redacted TEXT)""",
    "CREATE UNIQUE INDEX lm_vault_hash ON lm_vault (hash, kind)",
    # Keyed hashes of what was erased, so that later imports and restores suppress it.
    """CREATE TABLE lm_erased (
        kind TEXT NOT NULL, hash BYTEA NOT NULL, erased_at TEXT NOT NULL, PRIMARY KEY (hash, kind))""",
    """CREATE TABLE lm_rejected (
        number INTEGER PRIMARY KEY, batch BIGINT NOT NULL, file TEXT NOT NULL, row_number BIGINT, column_name TEXT,
        code TEXT NOT NULL, reason_zh TEXT NOT NULL, reason_en TEXT NOT NULL, places TEXT NOT NULL, raw TEXT,
        recorded_at TEXT NOT NULL)""",
    "CREATE INDEX lm_rejected_batch ON lm_rejected (batch)",
)

# One entry a schema version, never edited once released.
MIGRATIONS: tuple[tuple[str, ...], ...] = ((*_JOURNAL_TABLES, *_VAULT_TABLES),)

SCHEMA_VERSION = "SELECT value FROM lm_meta WHERE name = 'schema_version'"
SET_META = "INSERT INTO lm_meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
SET_META_ONCE = "INSERT INTO lm_meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"
GET_META = "SELECT value FROM lm_meta WHERE name = ?"
TOUCH_META = "UPDATE lm_meta SET value = value WHERE name = 'schema_version'"
