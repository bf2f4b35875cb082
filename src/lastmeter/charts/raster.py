"""Drawings of the brief as PNG, for mail clients, which show no SVG."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

import vl_convert
from markupsafe import Markup

from lastmeter.charts.theme import FONT, RASTER_FONT_ZH
from lastmeter.kernel.titles import Lang

SCALE = 2
_RULE = re.compile(r"^\s*(\.chart [^{}]*|\.bars [^{}]*)\{[^}]*\}.*$", re.MULTILINE)
_TOKEN = re.compile(r"(--[\w-]+):\s*([^;]+);")
_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


def size_of(drawing: Markup) -> tuple[float, float]:
    """Width and height of a drawing in its own units."""
    found = _SIZE.search(drawing)
    if found is None:
        raise ValueError("a drawing has a viewBox")
    return float(found[1]), float(found[2])


def png(drawing: Markup, lang: Lang) -> bytes:
    """The drawing at twice its size, in the light colours of the brief; Chinese needs a Han font on the machine."""
    width, height = size_of(drawing)
    font = RASTER_FONT_ZH if lang == "zh" else FONT
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" font-family="{font.replace(chr(34), chr(39))}" '
    style = f"<style>{_style()}</style>"
    alone = str(drawing).replace("<svg ", head, 1).replace(">", f">{style}", 1)
    return bytes(vl_convert.svg_to_png(alone, scale=SCALE))


@cache
def _style() -> str:
    """The brief's own rules for drawings, with the tokens' values in place: the renderer knows no custom properties."""
    folder = resources.files("lastmeter.charts") / "templates"
    light = (folder / "tokens.css").read_text("utf-8").split("@media", 1)[0].split("[data-theme", 1)[0]
    tokens = dict(_TOKEN.findall(light))
    rules = "\n".join(found[0].strip() for found in _RULE.finditer((folder / "brief.css").read_text("utf-8")))
    rules = re.sub(r"font-family:\s*inherit;?", "", rules)
    return re.sub(r"var\((--[\w-]+)\)", lambda found: tokens[found[1]].strip(), rules)
