"""How much of a mapping is proposed right: `make show-map`. Needs LASTMETER_DATA.

Every column of every data set with times is held against `mapping_truth`, written from the descriptions of the data before
the proposal first saw them. `right_and_sure` counts what is right without a question mark, `wrong_and_sure` what a user would
not be warned of.

At the first run 145 of 153 columns and 10 of 10 joins were right, 5 columns wrong without a question mark: numbers of lines taken
for amounts, postcodes for ids, a type of place for a place, the case of an event log for an attribute. The rules behind these were
mended in general terms since, so later figures are no longer those of data never seen.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from typing import Any

from lastmeter.connectors.proposal import Decision, Proposal, propose
from mapping_truth import DATA_SETS, DataSet
from orders import real_data

AT = datetime(2026, 1, 1)


def is_right(decision: Decision, truth: str) -> bool:
    """Whether a decision is one of the right answers."""
    for answer in truth.split("|"):
        role, _, exact = answer.partition(":")
        if (role == "key" and decision.in_key) or (role == decision.role and exact in ("", decision.kind, decision.precision)):
            return True
    return False


def measure(data: DataSet, rows: int) -> tuple[dict[str, Any], Proposal]:
    """One data set: how many columns and joins are right, and what is wrong."""
    folder = real_data(data.folder)
    proposal = propose([folder / file for file in data.files], name="shop", zone=data.zone, currency=data.currency, at=AT, rows=rows)
    tables = {plan.table.name: plan.table.files[0].split(".")[0] for plan in proposal.plans}
    decided = {(tables[one.table], one.column): one for one in proposal.decisions}
    wrong, right, sure, misled = [], 0, 0, 0
    for table, columns in data.columns.items():
        for column, truth in columns.items():
            one = decided.get((table, column))
            if one and is_right(one, truth):
                right += 1
                sure += one.is_sure or one.role == "attribute"
                continue
            said = f"{one.role}:{one.kind or one.precision}" if one else "nothing"
            misled += bool(one and one.is_sure)
            wrong.append(f"{data.folder}/{table}.{column}: {said}, not {truth}")
    joins = {(tables[one.table], one.column, tables[one.other], one.key) for one in proposal.joins}
    wrong += [f"{data.folder}: join {table}.{column} to {other}.{key} missing" for table, column, other, key in sorted(data.joins - joins)]
    wrong += [f"{data.folder}: join {table}.{column} to {other}.{key} is none" for table, column, other, key in sorted(joins - data.joins)]
    figures = {
        "columns_right": right, "columns": sum(map(len, data.columns.values())), "joins_right": len(joins & data.joins),
        "joins": len(data.joins), "joins_false": len(joins - data.joins), "right_and_sure": sure, "wrong_and_sure": misled,
        "set_aside_share": round(proposal.preview.rejected_rows / max(1, proposal.preview.rows), 4), "wrong": wrong,
    }
    return figures, proposal


def main() -> None:
    """Measure, and print one JSON object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000, help="rows of each file to look at")
    parser.add_argument("--show", action="store_true", help="print the mappings")
    arguments = parser.parse_args()
    total: dict[str, Any] = {}
    for data in DATA_SETS:
        figures, proposal = measure(data, arguments.rows)
        print(f"{data.folder} {data.files[0]}: {json.dumps(figures, ensure_ascii=False)}", file=sys.stderr)
        if arguments.show:
            print(proposal.text)
        for name, value in figures.items():
            if name != "set_aside_share":
                total[name] = total[name] + value if name in total else value
    total["columns_right_share"] = round(total["columns_right"] / total["columns"], 3)
    total["joins_right_share"] = round(total["joins_right"] / total["joins"], 3)
    print(json.dumps({**total, "data_sets": len(DATA_SETS)}, ensure_ascii=False))


if __name__ == "__main__":
    main()
