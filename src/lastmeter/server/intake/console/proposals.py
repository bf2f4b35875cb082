"""A proposed mapping as plain values that a row can keep and a page can show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lastmeter.connectors.proposal import SURE, Proposal
from lastmeter.connectors.proposal.claims import ROLE_TITLES
from lastmeter.connectors.proposal.preview import Preview
from lastmeter.server.progress import as_json, title_from

SHOWN_EVENTS = 8


def kept(proposal: Proposal) -> dict[str, Any]:
    """What a row keeps of a proposal."""
    doubted = {(table, column) for table, columns, _, _ in proposal.unsure for column in columns.split(", ")}
    return {
        "notes": [as_json(note) for note in proposal.notes],
        "decisions": [{
            "table": one.table, "column": one.column, "role": one.role, "kind": one.kind or one.precision,
            "confidence": one.confidence, "sure": (one.table, one.column) not in doubted, "in_key": one.in_key,
            "reason": as_json(one.reason),
        } for one in proposal.decisions],
        "joins": [{
            "table": one.table, "column": one.column, "other": one.other, "key": one.key, "sure": one.confidence >= SURE,
            "reason": as_json(one.reason),
        } for one in proposal.joins],
        "unsure": len(proposal.unsure),
        "preview": kept_preview(proposal.preview),
    }


def kept_preview(preview: Preview) -> dict[str, Any]:
    """What a row keeps of a preview."""
    events = sorted(preview.events, key=lambda event: (event["occurred_at"] is None, event["occurred_at"] or 0))
    return {
        "rows": preview.rows, "repeated": preview.repeated, "rejected_rows": preview.rejected_rows,
        "by_type": dict(sorted(preview.by_type.items())),
        "events": [{**event, "occurred_at": event["occurred_at"] and event["occurred_at"].isoformat()} for event in events],
        "rejected": [{"table": table, "column": column, "code": code, "count": count,
                      "reason": as_json(preview.reasons[table, column, code])}
                     for (table, column, code), count in preview.rejected.most_common()],
    }


def shown(proposal: Mapping[str, Any] | None) -> dict[str, Any]:
    """The same for a template: titles and times again."""
    if not proposal:
        return {}
    made = proposal["preview"]
    decisions = [{**one, "role": ROLE_TITLES[one["role"]], "reason": title_from(one["reason"])} for one in proposal["decisions"]]
    tables = list(dict.fromkeys(one["table"] for one in decisions))
    return {
        "notes": [title_from(note) for note in proposal["notes"]],
        "tables": [(table, [one for one in decisions if one["table"] == table]) for table in tables],
        "joins": [{**one, "reason": title_from(one["reason"])} for one in proposal["joins"]],
        "unsure": proposal["unsure"],
        "rows": made["rows"], "repeated": made["repeated"], "rejected_rows": made["rejected_rows"],
        "event_count": sum(made["by_type"].values()), "by_type": made["by_type"],
        "events": [{**event, "occurred_at": event["occurred_at"] and datetime.fromisoformat(event["occurred_at"])}
                   for event in made["events"][:SHOWN_EVENTS]],
        "rejected": [{**one, "reason": title_from(one["reason"])} for one in made["rejected"]],
    }
