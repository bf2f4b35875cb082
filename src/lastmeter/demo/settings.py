"""Makes a fresh workspace a simulated company's own: its name, who holds which post, what codes are called."""

from __future__ import annotations

from pathlib import Path

import tomlkit

from lastmeter.demo.cast import COMPANY, NAMES
from lastmeter.demo.scenario import Scenario
from lastmeter.kernel.titles import Title

HOLDERS = {
    "warehouse_floor": "韩立", "dispatch": "罗敏 Luo Min", "line_haul": "Tomas Wren", "last_mile": "高洁",
    "carrier_management": "邓一帆", "delivery_promise": "Edith Marlow", "customer_care": "许静怡",
}
"""Invented people by post, as in the template."""


def sign(workspace: Path) -> None:
    """Make a workspace of the template for commerce that of the simulated shop."""
    _sign(workspace, COMPANY, HOLDERS, NAMES)


def sign_scenario(workspace: Path, scenario: Scenario) -> None:
    """Make a workspace of the scenario's template that of its company."""
    names: dict[str, dict[str, Title]] = {}
    for flow in scenario.flows:
        for dimension in flow.dimensions:
            titles = {dimension.said(value.code): value.title for value in dimension.values}
            names.setdefault(dimension.name, {}).update(titles)
    _sign(workspace, scenario.title, scenario.holders, names)


def _sign(workspace: Path, name: Title, holders: dict[str, str], names: dict[str, dict[str, Title]]) -> None:
    """Write name, people and what codes mean into lastmeter.toml; its comments stay."""
    path = workspace / "lastmeter.toml"
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    company = document["company"]
    company["name"]["zh"], company["name"]["en"] = name.zh, name.en
    for post in document["post"]:
        post["person"] = holders[post["code"]]
    for dimension, titles in names.items():
        for code, title in titles.items():
            said = tomlkit.inline_table()
            said.update({"zh": title.zh, "en": title.en})
            document["names"][dimension][code] = said
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
