"""What an import makes of what it reads: new, known, changed, contradictory; resumed, undone, queued."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from lastmeter.journal import Event, ImportBatch, Journal, ObjectRef
from lastmeter.kernel.errors import LastMeterError
from tests.journal.shop import NOW, TYPES, Shop, paid


def scored(number: int, score: float, **rest: Any) -> Event:
    """Order `number` with a score."""
    return paid(number, attributes={"score": score}, **rest)


def test_the_same_file_again_adds_nothing(shop: Shop) -> None:
    first = shop.import_file(scored(1, 5), scored(2, 4))
    again = shop.import_file(scored(1, 5), scored(2, 4))
    assert (first.read, first.stored, first.duplicate) == (2, 2, 0)
    assert (again.read, again.stored, again.duplicate, again.corrected) == (2, 0, 2, 0)
    assert shop.effective() == [("order.paid:1", 5.0), ("order.paid:2", 4.0)]


def test_a_changed_file_adds_what_is_new_and_corrects_what_changed(shop: Shop) -> None:
    shop.import_file(scored(1, 5), scored(2, 4), as_of=1)
    counts = shop.import_file(scored(1, 5), scored(2, 2), scored(3, 3), as_of=2)
    assert (counts.stored, counts.duplicate, counts.corrected) == (1, 1, 1)
    assert counts.by_type == {"order.paid": 2}
    assert shop.effective() == [("order.paid:1", 5.0), ("order.paid:2", 2.0), ("order.paid:3", 3.0)]


def test_a_correction_may_move_an_event_to_another_month(shop: Shop) -> None:
    shop.import_file(scored(1, 5, at=datetime(2024, 1, 9)), as_of=1)
    shop.import_file(scored(1, 5, at=datetime(2024, 2, 9)), as_of=2)
    assert shop.effective("id, occurred_at") == [("order.paid:1", datetime(2024, 2, 9))]
    assert shop.effective(months=["2024-01"]) == []
    assert shop.effective(months=["2024-02"]) == [("order.paid:1", 5.0)]


def test_the_value_of_an_older_export_comes_back_when_a_newer_one_says_it_again(shop: Shop) -> None:
    shop.import_file(scored(1, 5), as_of=1)
    shop.import_file(scored(1, 2), as_of=2)
    shop.import_file(scored(1, 5), as_of=3)
    assert shop.effective() == [("order.paid:1", 5.0)]


def test_equal_revisions_are_decided_by_the_digest_and_reported(shop: Shop) -> None:
    shop.import_file(scored(1, 5), as_of=1)
    shop.import_file(scored(1, 2), as_of=1)
    with shop.journal.snapshot() as snapshot:
        assert snapshot.tied() == [("teashop", "order.paid:1")]
    shop.import_file(scored(1, 3), as_of=2)
    with shop.journal.snapshot() as snapshot:
        assert snapshot.tied() == []


def test_a_file_that_contradicts_itself_is_set_aside_wholly(shop: Shop) -> None:
    counts = shop.import_file(scored(1, 5), scored(1, 2), scored(2, 4))
    assert (counts.stored, counts.contradictory) == (1, 2)
    assert shop.effective() == [("order.paid:2", 4.0)]
    assert shop.journal.batches()[0].rejected == 2


def test_two_files_of_one_import_that_contradict_each_other_are_set_aside(shop: Shop) -> None:
    counts = shop.import_files(([scored(1, 5), scored(2, 4)], 1), ([scored(1, 2)], 1))
    assert (counts.stored, counts.contradictory) == (1, 2)
    assert shop.effective() == [("order.paid:2", 4.0)]
    alone = shop.import_file(scored(1, 5))
    assert (alone.stored, alone.corrected) == (1, 0)


def test_a_declared_revision_settles_it_within_one_file(shop: Shop) -> None:
    counts = shop.import_file(scored(1, 5, revision=1), scored(1, 2, revision=2))
    assert (counts.stored, counts.corrected, counts.contradictory) == (1, 1, 0)
    assert shop.effective() == [("order.paid:1", 2.0)]


def test_a_voided_event_is_gone_whenever_its_original_arrives(shop: Shop) -> None:
    void = paid(1, id="void:1", corrects="order.paid:1", voids=True)
    shop.import_file(void)
    shop.import_file(scored(1, 5), scored(2, 4))
    assert shop.effective() == [("order.paid:2", 4.0)]


def test_nothing_is_visible_before_it_is_published(shop: Shop) -> None:
    with shop.journal.import_batch("teashop", label="march", recorded_at=NOW) as batch:
        stage(shop, batch, scored(1, 5))
    assert shop.effective("id") == []
    assert [(b.label, b.state) for b in shop.journal.batches()] == [("march", "open")]


def test_an_interrupted_import_goes_on_where_it_was(shop: Shop) -> None:
    with shop.journal.import_batch("teashop", label="march", recorded_at=NOW) as batch:
        stage(shop, batch, scored(1, 5), span="rows 1-1")
    shop.import_file(scored(1, 2), scored(3, 3), as_of=2)
    with shop.journal.import_batch("teashop", label="march", recorded_at=NOW) as batch:
        assert batch.chunk_done("file", "m", "rows 1-1")
        assert not batch.chunk_done("file", "m", "rows 2-2")
        stage(shop, batch, scored(2, 4), span="rows 2-2")
        counts = batch.publish(watermark=None, event_types=[])
    assert (counts.stored, counts.corrected) == (1, 1)
    assert shop.effective() == [("order.paid:1", 2.0), ("order.paid:2", 4.0), ("order.paid:3", 3.0)]


def test_single_events_and_an_import_cannot_both_win(shop: Shop) -> None:
    with shop.journal.import_batch("teashop", label="march", recorded_at=NOW) as batch:
        stage(shop, batch, scored(1, 5), scored(2, 4), scored(3, 3))
        assert shop.journal.record([scored(1, 5), scored(2, 1)], recorded_at=NOW) == ["stored", "stored"]
        counts = batch.publish(watermark=None, event_types=[])
    assert (counts.stored, counts.duplicate, counts.corrected) == (1, 1, 1)
    assert shop.effective() == [("order.paid:1", 5.0), ("order.paid:2", 4.0), ("order.paid:3", 3.0)]


def test_undo_leaves_what_another_import_attests(shop: Shop) -> None:
    shop.import_file(scored(1, 5), scored(2, 4))
    shop.import_file(scored(2, 4), scored(3, 3))
    before = shop.manifest()
    assert shop.journal.undo(1, at=NOW) == 1
    assert shop.effective() == [("order.paid:2", 4.0), ("order.paid:3", 3.0)]
    assert ("order", "o1", "2024-03") in shop.touched(before)
    shop.journal.undo(2, at=NOW)
    assert shop.effective() == []
    assert [b.state for b in shop.journal.batches()] == ["undone", "undone"]


def test_a_statement_that_is_contradicted_under_one_revision_is_attested_under_another(shop: Shop) -> None:
    shop.import_file(scored(1, 5, revision=2))
    # Under revision 5 the two files contradict each other; what the first says under revision 2 stands.
    shop.import_files(([scored(1, 5, revision=5), scored(1, 5, revision=2)], 1), ([scored(1, 3, revision=5)], 1))
    shop.journal.undo(1, at=NOW)
    assert shop.effective() == [("order.paid:1", 5.0)]


def test_undo_of_a_correction_brings_the_original_back(shop: Shop) -> None:
    shop.import_file(scored(1, 5), as_of=1)
    shop.import_file(scored(1, 2), as_of=2)
    before = shop.manifest()
    shop.journal.undo(2, at=NOW)
    assert shop.effective() == [("order.paid:1", 5.0)]
    assert ("order", "o1", "2024-03") in shop.touched(before)


def test_undo_keeps_what_a_single_event_attests(shop: Shop) -> None:
    shop.import_file(scored(1, 5), scored(2, 4))
    assert shop.journal.record([scored(1, 5)], recorded_at=NOW) == ["duplicate"]
    shop.journal.undo(1, at=NOW)
    assert shop.effective() == [("order.paid:1", 5.0)]


def test_only_a_published_batch_can_be_undone(shop: Shop) -> None:
    with pytest.raises(LastMeterError) as caught:
        shop.journal.undo(7, at=NOW)
    assert caught.value.code == "journal.no_batch"


def test_a_source_is_known_until_its_latest_watermark(shop: Shop) -> None:
    for day, types in ((3, ["order.paid"]), (2, ["order.delivered"])):
        with shop.journal.import_batch("teashop", label=str(day), recorded_at=NOW) as batch:
            batch.publish(watermark=datetime(2024, 3, day), event_types=types)
    [source] = shop.journal.sources()
    assert (source.name, source.watermark) == ("teashop", datetime(2024, 3, 3))
    assert source.event_types == {"order.paid", "order.delivered"}
    shop.journal.undo(1, at=NOW)
    assert shop.journal.sources()[0].watermark == datetime(2024, 3, 2)


def test_two_imports_at_once_queue(sqlite_shop: Shop) -> None:
    done: list[str] = []

    def second() -> None:
        with sqlite_shop.journal.import_batch("teashop", label="second", recorded_at=NOW) as batch:
            done.append("second")
            batch.publish(watermark=None, event_types=[])

    with sqlite_shop.journal.import_batch("teashop", label="first", recorded_at=NOW) as batch:
        waiting = threading.Thread(target=second)
        waiting.start()
        hasty = sqlite_shop.journal.import_batch("teashop", label="hasty", recorded_at=NOW, wait=False)
        with pytest.raises(LastMeterError) as caught:
            hasty.__enter__()
        assert caught.value.code == "journal.busy"
        done.append("first")
        batch.publish(watermark=None, event_types=[])
    waiting.join()
    assert done == ["first", "second"]
    assert [b.state for b in sqlite_shop.journal.batches()] == ["published", "published"]


def test_the_first_declared_type_of_an_attribute_holds(shop: Shop) -> None:
    with shop.journal.import_batch("teashop", label="march", recorded_at=NOW) as batch:
        batch.register_attributes({"weight": "number"})
        batch.register_attributes({"weight": "number", "colour": "text"})
        for wrong in ({"weight": "text"}, {"score": "text"}, {"colour": "paint"}):
            with pytest.raises(LastMeterError) as caught:
                batch.register_attributes(wrong)
            assert caught.value.code == "journal.attribute_type"
        with pytest.raises(LastMeterError) as caught:
            batch.register_attributes({"Weight; DROP": "text"})
        assert caught.value.code == "journal.attribute_name"


def test_values_become_tokens_in_order(shop: Shop) -> None:
    with shop.journal.import_batch("teashop", label="march", recorded_at=NOW) as batch:
        one, none, two, same = batch.tokens("said", pa.array(["好评", None, "慢", "好评"])).to_pylist()
        again = batch.tokens("said", pa.chunked_array([["慢"], ["好评"]])).to_pylist()
    assert none is None
    assert one == same != two
    assert again == [two, one]
    with shop.journal.snapshot() as snapshot:
        assert snapshot.reveal([two]) == {two: "慢"}


def test_a_snapshot_does_not_change(shop: Shop) -> None:
    shop.import_file(scored(1, 5))
    with shop.journal.snapshot() as snapshot:
        shop.import_file(scored(2, 4))
        shop.journal.record([scored(3, 3)], recorded_at=NOW)
        shop.journal.compact(at=NOW, full=True)
        shop.journal.sweep(at=NOW)
        snapshot.define_events("events")
        assert snapshot.duck.execute("SELECT id FROM events").fetchall() == [("order.paid:1",)]
    assert len(shop.effective()) == 3


def test_events_are_found_by_any_object_that_they_name(shop: Shop) -> None:
    shop.import_file(scored(1, 5), scored(2, 4), scored(4, 1))
    shop.journal.record([scored(5, 2), paid(6, objects=(ObjectRef("order", "o6"),))], recorded_at=NOW)
    for table, expected in (("('order', 'o2')", {2}), ("('customer', 'c1')", {1, 4}), ("('customer', 'c2')", {2, 5})):
        with shop.journal.snapshot() as snapshot:
            snapshot.duck.execute(f"CREATE TABLE wanted AS FROM (VALUES {table}) AS w(object_type, object_id)")
            snapshot.define_events("events", objects="wanted")
            found = {int(row[0].split(":")[1]) for row in snapshot.duck.execute("SELECT id FROM events").fetchall()}
        assert found == expected


def test_events_are_found_by_the_object_that_they_name_first(shop: Shop) -> None:
    shop.import_file(scored(1, 5), scored(2, 4))
    shop.journal.record([paid(6, objects=(ObjectRef("customer", "c1"),)), scored(5, 2)], recorded_at=NOW)
    for table, expected in (("('order', 'o2')", {2}), ("('order', 'o5')", {5}), ("('customer', 'c1')", {6})):
        with shop.journal.snapshot() as snapshot:
            snapshot.duck.execute(f"CREATE TABLE wanted AS FROM (VALUES {table}) AS w(object_type, object_id)")
            snapshot.define_events("events", objects="wanted", primary=True)
            found = {int(row[0].split(":")[1]) for row in snapshot.duck.execute("SELECT id FROM events").fetchall()}
        assert found == expected


def test_events_after_an_instant_and_of_other_months_are_left_out(shop: Shop) -> None:
    undated = paid(3, at=None, precision="unknown")
    shop.import_file(paid(1, at=datetime(2024, 1, 31, 23)), paid(2, at=datetime(2024, 2, 1)), undated)
    assert [row[0] for row in shop.effective("id", months=["2024-01"])] == ["order.paid:1", "order.paid:3"]
    assert [row[0] for row in shop.effective("id", at=datetime(2024, 1, 31, 23))] == ["order.paid:1", "order.paid:3"]
    assert len(shop.effective("id", at=datetime(2024, 2, 1))) == 3


def test_what_is_touched_is_what_came_after(shop: Shop) -> None:
    shop.import_file(scored(1, 5), scored(2, 4))
    before = shop.manifest()
    assert shop.touched(before) == set()
    shop.import_file(scored(2, 1), scored(3, 3), as_of=2)
    expected = {
        ("order", "o2", "2024-03"), ("customer", "c2", "2024-03"),
        ("order", "o3", "2024-03"), ("customer", "c0", "2024-03"),
    }  # fmt: skip
    assert shop.touched(before) == expected
    after = shop.manifest()
    shop.journal.compact(at=NOW, full=True)
    assert shop.touched(before) == expected
    assert shop.touched(after) == set()
    shop.journal.record([scored(9, 3)], recorded_at=NOW)
    assert shop.touched(after) == {("order", "o9", "2024-03"), ("customer", "c0", "2024-03")}


def stage(shop: Shop, batch: ImportBatch, *events: Event, span: str = "all") -> None:
    """Stage one chunk."""
    batch.register_attributes(TYPES)
    batch.stage(shop.duck, shop.relation(events), file_digest="file", mapping_digest="m", span=span, as_of=1)


def test_a_journal_opens_again_with_all_it_had(shop: Shop, database_url: str | None) -> None:
    shop.import_file(scored(1, 5))
    shop.journal.record([scored(2, 4)], recorded_at=NOW)
    again = Shop(Journal.open(shop.journal.folder, database_url=database_url))
    assert again.effective() == [("order.paid:1", 5.0), ("order.paid:2", 4.0)]
    assert again.import_file(scored(1, 5), scored(2, 4)).duplicate == 2
