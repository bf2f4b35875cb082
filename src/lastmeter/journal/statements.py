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
        hash BIGINT PRIMARY KEY, digest BIGINT NOT NULL, source TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL)""",
    # Single events that repeated an import's: they keep its rows alive when it is undone.
    """CREATE TABLE lm_attested (
        hash BIGINT NOT NULL, digest BIGINT NOT NULL, revision BIGINT NOT NULL, PRIMARY KEY (hash, digest))""",
    # The manifest: every file of the journal. kind: events, corrections, keys, attested, touched.
    # state: staged (of an open batch), live, retired (still read by older snapshots).
    # manifest: the number from which a builder has to look at its rows; published: when it became live.
    """CREATE TABLE lm_segment (
        number BIGINT PRIMARY KEY, kind TEXT NOT NULL, month TEXT, batch BIGINT, chunk BIGINT, file TEXT NOT NULL,
        state TEXT NOT NULL, manifest BIGINT NOT NULL, rows BIGINT NOT NULL, bytes BIGINT NOT NULL,
        object_types TEXT NOT NULL, columns TEXT NOT NULL, retired_at TEXT)""",
    """CREATE TABLE lm_batch (
        number BIGINT PRIMARY KEY, source TEXT NOT NULL, label TEXT NOT NULL, state TEXT NOT NULL,
        manifest BIGINT NOT NULL, recorded_at TEXT NOT NULL, stated BIGINT NOT NULL, stored BIGINT NOT NULL,
        duplicate BIGINT NOT NULL, corrected BIGINT NOT NULL, contradictory BIGINT NOT NULL, rejected BIGINT NOT NULL)""",
    """CREATE TABLE lm_chunk (
        number BIGINT PRIMARY KEY, batch BIGINT NOT NULL, file_digest TEXT NOT NULL, mapping_digest TEXT NOT NULL,
        span TEXT NOT NULL, manifest BIGINT NOT NULL, counts TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX lm_chunk_key ON lm_chunk (batch, file_digest, mapping_digest, span)",
    "CREATE TABLE lm_attribute (name TEXT PRIMARY KEY, type TEXT NOT NULL)",
    # What each batch says about its source; an undone one says nothing any more.
    """CREATE TABLE lm_source (
        batch BIGINT NOT NULL, name TEXT NOT NULL, event_types TEXT NOT NULL, watermark TEXT,
        PRIMARY KEY (batch, name))""",
)

# ---------------------------------------------------------------- vault

_VAULT_TABLES = (
    # kind: identity, personal, said. hash: keyed, over kind and raw value; the token is sequential and means nothing.
    # redacted is NULL where redaction changed nothing (personal and identity values are masked when they are shown).
    """CREATE TABLE lm_vault (
        token INTEGER PRIMARY KEY, kind TEXT NOT NULL, hash BYTEA NOT NULL, raw TEXT NOT NULL, redacted TEXT)""",
    "CREATE UNIQUE INDEX lm_vault_hash ON lm_vault (hash)",
    # Keyed hashes of erased values and objects, so that later imports and restores suppress them.
    "CREATE TABLE lm_erased (hash BYTEA PRIMARY KEY, kind TEXT NOT NULL, erased_at TEXT NOT NULL)",
    """CREATE TABLE lm_rejected (
        number INTEGER PRIMARY KEY, batch BIGINT NOT NULL, file TEXT NOT NULL, row_number BIGINT, column_name TEXT,
        code TEXT NOT NULL, reason_zh TEXT NOT NULL, reason_en TEXT NOT NULL, places TEXT NOT NULL, raw TEXT,
        recorded_at TEXT NOT NULL)""",
    "CREATE INDEX lm_rejected_batch ON lm_rejected (batch)",
)

# Numbers are never given twice, not even those of erased rows: old exports may still name them.
TAKE_NUMBERS = """
    UPDATE lm_meta SET value = CAST(CAST(value AS BIGINT) + ? AS TEXT) WHERE name = ? RETURNING CAST(value AS BIGINT)"""
VAULT_FIND = "SELECT hash, token FROM lm_vault WHERE hash IN ({marks})"
VAULT_ADD = "INSERT INTO lm_vault (token, kind, hash, raw, redacted) VALUES (?, ?, ?, ?, ?)"
VAULT_REVEAL = "SELECT token, kind, raw, redacted FROM lm_vault WHERE token IN ({marks})"
VAULT_FORGET = "DELETE FROM lm_vault WHERE token IN ({marks}) RETURNING hash, kind, raw"
VAULT_PEOPLE = """
    SELECT token, raw FROM lm_vault WHERE token > ? AND token <= ? AND kind IN ('identity', 'personal') ORDER BY token"""
VAULT_HELD = "SELECT token FROM lm_vault WHERE token IN ({marks})"
VAULT_TOKENS = "SELECT token FROM lm_vault WHERE token > ?"
ERASED_FIND = "SELECT hash FROM lm_erased WHERE hash IN ({marks})"
ERASED_KINDS = "SELECT kind, count(*) FROM lm_erased GROUP BY kind"
ERASED_ADD = "INSERT INTO lm_erased (hash, kind, erased_at) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING"
REJECTED_ADD = """
    INSERT INTO lm_rejected
        (number, batch, file, row_number, column_name, code, reason_zh, reason_en, places, raw, recorded_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
REJECTED_READ = """
    SELECT number, batch, file, row_number, column_name, code, reason_zh, reason_en, places, raw, recorded_at
    FROM lm_rejected"""
# source: of a file's rows that of their batch; of what came over HTTP (batch 0) it stands in place of the file.
REJECTED_PAGE = """
    SELECT r.number, r.batch, r.file, r.row_number, r.column_name, r.code, r.reason_zh, r.reason_en, r.places, r.raw,
        r.recorded_at, COALESCE(b.source, r.file)
    FROM lm_rejected r LEFT JOIN lm_batch b ON b.number = r.batch"""
REJECTED_BY_SOURCE = """
    SELECT COALESCE(b.source, r.file), r.code, MIN(r.reason_zh), MIN(r.reason_en), COUNT(*), MAX(r.recorded_at), r.batch = 0
    FROM lm_rejected r LEFT JOIN lm_batch b ON b.number = r.batch {where}
    GROUP BY COALESCE(b.source, r.file), r.code, r.batch = 0 ORDER BY 5 DESC, 1, 2"""
REJECTED_WAITING = "SELECT COUNT(*) FROM lm_rejected WHERE batch = 0 AND file = ?"
REJECTED_RAW = "SELECT number, raw FROM lm_rejected WHERE raw IS NOT NULL"
REJECTED_COUNTS = "SELECT batch, file, code, count(*) FROM lm_rejected GROUP BY batch, file, code ORDER BY 1, 2, 3"
REJECTED_EXPIRE = "DELETE FROM lm_rejected WHERE recorded_at < ? RETURNING number"
REJECTED_FORGET = "DELETE FROM lm_rejected WHERE number IN ({marks})"

# PostgreSQL only: sessions, prepared transactions and replication that may still need removed rows.
OTHERS_WITH_SNAPSHOT = """SELECT
    (SELECT count(*) FROM pg_stat_activity WHERE (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
        AND pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend')
    + (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database())
    + (SELECT count(*) FROM pg_replication_slots WHERE xmin IS NOT NULL)"""

_FIRST_NUMBERS = (
    "INSERT INTO lm_meta (name, value) VALUES ('manifest', '0')",
    "INSERT INTO lm_meta (name, value) VALUES ('next_segment', '1')",
)

# How far a batch read in a database that it reads bit by bit: from `since` (NULL: the beginning) up to `value`.
_BOOKMARK_TABLES = (
    """CREATE TABLE lm_bookmark (
        batch BIGINT NOT NULL, place TEXT NOT NULL, since TEXT, value TEXT NOT NULL, PRIMARY KEY (batch, place))""",
)

# One entry a schema version, never edited once released.
MIGRATIONS: tuple[tuple[str, ...], ...] = ((*_JOURNAL_TABLES, *_VAULT_TABLES, *_FIRST_NUMBERS), _BOOKMARK_TABLES)

SCHEMA_VERSION = "SELECT value FROM lm_meta WHERE name = 'schema_version'"
SET_META = "INSERT INTO lm_meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
SET_META_ONCE = "INSERT INTO lm_meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"
GET_META = "SELECT value FROM lm_meta WHERE name = ?"
DROP_META = "DELETE FROM lm_meta WHERE name = ?"
TOUCH_META = "UPDATE lm_meta SET value = value WHERE name = 'schema_version'"

# ---------------------------------------------------------------- manifest

SEGMENTS = """SELECT number, kind, month, batch, chunk, file, state, manifest, rows, bytes, object_types, columns, retired_at
    FROM lm_segment"""
ADD_SEGMENT = """INSERT INTO lm_segment
    (number, kind, month, batch, chunk, file, state, manifest, rows, bytes, object_types, columns, retired_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
ANALYZE_SEGMENTS = "ANALYZE lm_segment"
FORGET_SEGMENT = "DELETE FROM lm_segment WHERE number = ?"
PUBLISH_SEGMENT = "UPDATE lm_segment SET state = 'live', manifest = ? WHERE number = ?"
RETIRE_SEGMENT = "UPDATE lm_segment SET state = 'retired', retired_at = ? WHERE number = ?"

# ---------------------------------------------------------------- hot rows

HOT_HELD = "SELECT hash, source, id, digest FROM lm_hot WHERE hash IN ({marks})"
HOT_INSERT = "INSERT INTO lm_hot (hash, digest, source, id, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
TOTAL_CHANGES = "SELECT total_changes()"  # SQLite only
# PostgreSQL only: five lists of values.
HOT_ADD_MANY = """INSERT INTO lm_hot (hash, digest, source, id, body)
    SELECT * FROM unnest(?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::text[]) ON CONFLICT DO NOTHING RETURNING hash"""
HOT_ADD = (
    "INSERT INTO lm_hot (hash, digest, source, id, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1"
)
HOT_ALL = "SELECT hash, digest, body FROM lm_hot ORDER BY hash"
HOT_ANY = "SELECT 1 FROM lm_hot LIMIT 1"
HOT_COUNT = "SELECT count(*) FROM lm_hot"
HOT_KEYS = "SELECT hash, digest FROM lm_hot"
HOT_DELETE = "DELETE FROM lm_hot WHERE hash = ? AND digest = ?"
ATTESTED_ADD = """INSERT INTO lm_attested (hash, digest, revision) VALUES (?, ?, ?)
    ON CONFLICT (hash, digest) DO UPDATE SET revision = excluded.revision
    WHERE excluded.revision > lm_attested.revision"""
ATTESTED_ALL = "SELECT hash, digest, revision FROM lm_attested ORDER BY hash, digest"
ATTESTED_COUNT = "SELECT count(*) FROM lm_attested"
ATTESTED_FORGET = "DELETE FROM lm_attested WHERE hash = ?"
ATTESTED_DELETE = "DELETE FROM lm_attested WHERE hash = ? AND digest = ? AND revision = ?"

# ---------------------------------------------------------------- batches, attributes, sources

BATCH_OPEN = "SELECT number FROM lm_batch WHERE source = ? AND label = ? AND state = 'open' ORDER BY number"
BATCH_NEXT = "SELECT COALESCE(MAX(number), 0) + 1 FROM lm_batch"
BATCH_ADD = """INSERT INTO lm_batch
    (number, source, label, state, manifest, recorded_at, stated, stored, duplicate, corrected, contradictory, rejected)
    VALUES (?, ?, ?, 'open', 0, ?, 0, 0, 0, 0, 0, 0)"""
BATCH_RECORDED = "SELECT recorded_at FROM lm_batch WHERE number = ?"
BATCH_STATE = "SELECT state FROM lm_batch WHERE number = ?"
BATCH_PUBLISH = """UPDATE lm_batch SET state = 'published', manifest = ?, stated = ?, stored = ?, duplicate = ?,
    corrected = ?, contradictory = ? WHERE number = ?"""
BATCH_REJECTED = "UPDATE lm_batch SET rejected = rejected + ? WHERE number = ?"
BATCH_UNDONE = "UPDATE lm_batch SET state = 'undone' WHERE number = ?"
BATCH_MANIFESTS = "SELECT number, manifest FROM lm_batch WHERE state <> 'open'"
BATCHES = """SELECT number, source, label, state, manifest, recorded_at, stated, stored, duplicate, corrected,
    contradictory, rejected FROM lm_batch ORDER BY number"""

CHUNK_FIND = "SELECT number FROM lm_chunk WHERE batch = ? AND file_digest = ? AND mapping_digest = ? AND span = ?"
CHUNK_ADD = """INSERT INTO lm_chunk (number, batch, file_digest, mapping_digest, span, manifest, counts)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
CHUNKS = "SELECT number, manifest, counts FROM lm_chunk WHERE batch = ? ORDER BY number"

ATTRIBUTES = "SELECT name, type FROM lm_attribute ORDER BY name"
ATTRIBUTE_ADD = "INSERT INTO lm_attribute (name, type) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"

BOOKMARK_SET = """INSERT INTO lm_bookmark (batch, place, since, value) VALUES (?, ?, ?, ?)
    ON CONFLICT (batch, place) DO UPDATE SET since = excluded.since, value = excluded.value"""
BOOKMARKS = """SELECT m.since, m.value FROM lm_bookmark m JOIN lm_batch b ON b.number = m.batch
    WHERE b.state = 'published' AND b.source = ? AND m.place = ? ORDER BY m.batch"""

SOURCE_SET = """INSERT INTO lm_source (batch, name, event_types, watermark) VALUES (?, ?, ?, ?)
    ON CONFLICT (batch, name) DO UPDATE SET event_types = excluded.event_types, watermark = excluded.watermark"""
# A live source (batch 0): its watermark never goes back. The row is locked by it, so that its types can be added to.
SOURCE_TELL = """INSERT INTO lm_source (batch, name, event_types, watermark) VALUES (0, ?, '', ?)
    ON CONFLICT (batch, name) DO UPDATE SET watermark = CASE
        WHEN lm_source.watermark IS NULL OR excluded.watermark > lm_source.watermark THEN excluded.watermark
        ELSE lm_source.watermark END
    RETURNING event_types"""
SOURCE_TYPES = "UPDATE lm_source SET event_types = ? WHERE batch = 0 AND name = ?"
SOURCES = """SELECT s.name, s.event_types, s.watermark FROM lm_source s
    LEFT JOIN lm_batch b ON b.number = s.batch WHERE s.batch = 0 OR b.state = 'published'
    ORDER BY s.name, s.batch"""
CONTACTS = """SELECT s.name, b.recorded_at, s.watermark FROM lm_source s JOIN lm_batch b ON b.number = s.batch
    WHERE b.state = 'published' ORDER BY b.recorded_at, s.batch, s.name"""
