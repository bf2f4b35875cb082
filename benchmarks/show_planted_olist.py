"""Problems planted in real covariates: `make show-planted-olist SEED=123`, or `ARGS="--seed 123"`.

Real orders of a year keep when they fell due and what broke on which day, but what they were (place, seller, origin, product) is
dealt anew within each month, so that real reefs vanish and all the real unevenness of segments stays. Then five
problems are planted: one to three random conditions with at least 300 orders, a random rule that at least one order in a
hundred breaks, in 15 to 35 % of the orders that had kept it. Recall is of the five among the first five reported; false are
those that are reported where nothing was planted, in one search of the year and in twelve of a month.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from datetime import date, datetime
from pathlib import Path

import numpy as np

from lastmeter.workspace import Workspace
from orders import exports, new_workspace, real_data, say
from planted import Cases, cases_of, due_in, false_alarms, found_share, months_before, plant, reported, spanning, stray

DIMENSIONS = ("place", "performer", "origin", "product")
LAST = date(2018, 4, 30)
AT = datetime(2018, 11, 1)
PROBLEMS, FEWEST, SHARES = 5, 300, (0.15, 0.35)


def real_orders(folder: Path) -> Cases:
    """The real orders, imported and judged."""
    new_workspace(folder, "olist")
    with Workspace.open(folder) as ws:
        ws.import_files(exports(real_data("olist")), at=AT, source="shop")
        ws.build(at=AT)
        return cases_of(ws.facts("order"), DIMENSIONS)


def main() -> None:
    """Plant, look, and print one JSON object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED", "1")))
    parser.add_argument("--runs", type=int, default=1, help="so many seeds from this one on")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        cases = real_orders(Path(scratch) / "orders")
    months = months_before(LAST, 12)
    year = due_in(cases, spanning(months))
    recalls, strays, alarms = [], 0, []
    for seed in range(arguments.seed, arguments.seed + arguments.runs):
        rng = np.random.default_rng([seed, 1])
        with_problems, problems = plant(year.shuffled(rng), rng, problems=PROBLEMS, fewest=FEWEST, shares=SHARES)
        found = reported(with_problems.facts(), spanning(months))
        recalls.append(found_share(with_problems, problems, found))
        strays += stray(with_problems, problems, found)
        alarms.append(false_alarms(year, months, np.random.default_rng([seed, 2])))
        say([seed, "recall", recalls[-1], "false", alarms[-1], *(f"{one.rule} {dict(one.conditions)} {one.n}" for one in problems)])
    print(json.dumps({
        "recall": round(sum(recalls) / len(recalls), 4),
        "false_in_12_months": sum(one["month_by_month"] for one in alarms) / len(alarms),
        "false_in_the_year": sum(one["in_the_year"] for one in alarms) / len(alarms),
        "reported_beside_the_planted": strays / len(recalls),
        "seed": arguments.seed, "runs": arguments.runs, "orders": len(year),
    }))


if __name__ == "__main__":
    main()
