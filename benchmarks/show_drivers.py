"""What moves the stars of real orders, with facts known when the customer was asked: `make show-drivers`.

The leak beside it: the same model with the days on which orders finally arrived, which no customer knew when asked.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from lastmeter.diagnosis.drivers.analysis import Drivers, explained
from lastmeter.diagnosis.drivers.known import known
from lastmeter.kernel.clock import parse_instant, zone_named
from lastmeter.workspace import Workspace
from orders import exports, new_workspace, real_data, say

ASKED = """
[[step]]
code = "asked"
title = { zh = "询问顾客", en = "Customer asked" }
event = "review.asked"

[[step]]
code = "answered"
title = { zh = "顾客回答", en = "Customer answered" }
event = "review.answered"

[[link]]
code = "answer"
title = { zh = "询问 → 回答", en = "Asked → answered" }
from = "asked"
to = "answered"
post = "customer_care"
"""
AS_OF = "2018-11-01"


def main() -> None:
    """Print the drivers' figures as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    seed = parser.parse_args().seed
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "orders"
        new_workspace(folder, "olist")
        (blueprint,) = (folder / "blueprints").glob("*.toml")
        text = blueprint.read_text(encoding="utf-8")
        cut = text.index("[[promise]]")
        blueprint.write_text(text[:cut] + ASKED.lstrip() + "\n" + text[cut:], encoding="utf-8")
        at = parse_instant(AS_OF, zone_named("America/Sao_Paulo"))
        with Workspace.open(folder) as ws:
            ws.import_files(exports(real_data("olist")), at=at, source="shop")
            ws.build(at=at)
            facts = ws.facts("order")
            started = time.perf_counter()
            asked = explained(known(facts, period=None, asked_step="asked"), seed=seed)
            seconds = time.perf_counter() - started
            answered = explained(known(facts, period=None, asked_step=None), seed=seed)
            leak = explained(known(facts, period=None, asked_step="asked", cut=False), seed=seed)
    for name, found in (("known when asked", asked), ("known when answered", answered), ("as it ended (leak)", leak)):
        told(name, found)
    lateness = next(row for row in asked.rows if row.driver == "lateness")
    leaked = next(row for row in leak.rows if row.driver == "lateness")
    print(json.dumps({
        "lateness_share": lateness.share, "low": lateness.low, "high": lateness.high, "auc": asked.auc,
        "auc_known_when_asked": asked.auc, "auc_known_when_answered": answered.auc, "auc_with_leak": leak.auc,
        "auc_to_compare": 0.756, "lateness_share_with_leak": leaked.share,
        "attributable_fraction": [lateness.attributable_fraction, lateness.fraction_low, lateness.fraction_high],
        "attributable_fraction_with_leak": leaked.attributable_fraction, "r_squared": asked.r_squared, "n": asked.n,
        "asked_before_arrival": next((each.rows for each in asked.dropped if each.fact == "fulfilled_on"), 0),
        "seconds": round(seconds, 1), "seed": seed,
    }))


def told(name: str, found: Drivers) -> None:
    """One reading, a line a driver."""
    say([f"{name}: n {found.n}, AUC {found.auc}, R² {found.r_squared}"])
    for row in found.rows:
        fraction = "" if row.attributable_fraction is None else (
            f"  fraction {row.attributable_fraction:.3f} [{row.fraction_low:.3f}, {row.fraction_high:.3f}]"
        )
        say([f"  {row.driver:10} {row.share:.3f} [{row.low:.3f}, {row.high:.3f}]{fraction}"])
    for dropped in found.dropped:
        say([f"  not used: {dropped.fact}, {dropped.rows} rows: {dropped.reason.en}"])


if __name__ == "__main__":
    main()
