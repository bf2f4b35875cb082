"""Makes a fresh commerce workspace the simulated company's own: its name, who holds which post, what codes are called."""

from __future__ import annotations

from pathlib import Path

import tomlkit

from lastmeter.demo.cast import COMPANY, NAMES

HOLDERS = {
    "warehouse_floor": "韩立", "dispatch": "罗敏 Luo Min", "line_haul": "Tomas Wren", "last_mile": "高洁",
    "carrier_management": "邓一帆", "delivery_promise": "Edith Marlow", "customer_care": "许静怡",
}
"""Invented people by post, as in the template."""


def sign(workspace: Path) -> None:
    """Write the company's name, its people and the names of its codes into a workspace's lastmeter.toml; comments stay."""
    path = workspace / "lastmeter.toml"
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    company = document["company"]
    company["name"]["zh"], company["name"]["en"] = COMPANY.zh, COMPANY.en
    for post in document["post"]:
        post["person"] = HOLDERS[post["code"]]
    for dimension, titles in NAMES.items():
        for code, title in titles.items():
            said = tomlkit.inline_table()
            said.update({"zh": title.zh, "en": title.en})
            document["names"][dimension][code] = said
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
