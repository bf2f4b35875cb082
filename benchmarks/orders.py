"""Real orders in a scratch workspace: what `show-olist` and `show-renamed` share."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from lastmeter.workspace import Workspace

ROOT = Path(__file__).parents[1]
SETTINGS = """[company]
name = { zh = "真实订单", en = "Real orders" }
languages = ["en", "zh"]
zone = "America/Sao_Paulo"
currency = "BRL"

[[post]]
code = "payments"
title = { zh = "支付主管", en = "Head of payments" }

[[post]]
code = "seller_care"
title = { zh = "卖家管理", en = "Seller management" }

[[post]]
code = "logistics"
title = { zh = "物流经理", en = "Logistics manager" }

[[post]]
code = "customer_care"
title = { zh = "客服经理", en = "Customer care manager" }
"""


def real_data(name: str) -> Path:
    """A folder of the real data, or the end of the program with the reason."""
    folder = Path(os.environ.get("LASTMETER_DATA", ROOT.parent / "shared" / "data")) / name
    if not folder.is_dir():
        sys.exit(f"no real data at {folder}: set LASTMETER_DATA")
    return folder


def exports(folder: Path) -> list[Path]:
    """The files of the data set that the example's mapping reads."""
    unread = {"product_category_name_translation", "zip_centroids"}
    return sorted(file for file in folder.glob("*.parquet") if file.stem not in unread)


def new_workspace(folder: Path, example: str) -> None:
    """A workspace with the mapping and blueprint of an example instead of the template's."""
    Workspace.create(folder)
    for part in ("sources", "blueprints"):
        shutil.rmtree(folder / part)
        shutil.copytree(ROOT / "examples" / example / part, folder / part)
    (folder / "lastmeter.toml").write_text(SETTINGS, encoding="utf-8")


def say(words: Sequence[object]) -> None:
    """Progress on standard error; the last line of standard output is the figure."""
    print(*words, file=sys.stderr, flush=True)
