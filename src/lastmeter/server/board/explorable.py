"""Charts that one explores: Vega-Lite, drawn in the browser by the bundle that vl-convert carries; nothing comes from elsewhere.

The bundle is written once by a process of its own, because the engine inside vl-convert would stay in this one's memory.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponseBase

from lastmeter.charts.theme import NUMBER_LOCALE, PALETTE, TIME_LOCALE, Mode, theme
from lastmeter.kernel.titles import Lang

FOREVER = "public, max-age=31536000, immutable"
_WRITE = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle().encode())"


@cache
def bundle_version() -> str:
    """What the address of the bundle carries: a new version has a new address."""
    return version("vl-convert-python")


def bundle_answer(request: HttpRequest) -> HttpResponseBase:
    """The script of Vega, Vega-Lite and their embedding, to be kept by browsers for good."""
    path = _bundle()
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    if packed:
        answer = FileResponse(path.open("rb"), content_type="text/javascript; charset=utf-8")
        answer["Content-Encoding"] = "gzip"
    else:
        answer = FileResponse(gzip.GzipFile(path), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = FOREVER
    answer["Vary"] = "Accept-Encoding"
    return answer


def _bundle() -> Path:
    path = Path(settings.PRIVATE) / "bundle" / f"vega-{bundle_version()}.js.gz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = subprocess.run([sys.executable, "-c", _WRITE], check=True, capture_output=True, timeout=120).stdout
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        temporary.write_bytes(gzip.compress(made, mtime=0))
        temporary.replace(path)
    return path


def embedded(chart: Any, mode: Mode, lang: Lang) -> dict[str, Any]:
    """What the page's script embeds: the chart's specification in the reader's theme, and the locale of its numbers."""
    spec: dict[str, Any] = chart.to_dict()
    spec["config"] = theme(mode, lang)["config"]
    spec["width"] = "container"
    if mode == "dark":
        spec = _recoloured(spec)
    return {"spec": spec, "formatLocale": NUMBER_LOCALE[lang], "timeFormatLocale": TIME_LOCALE[lang]}


def _recoloured(part: Any) -> Any:
    """The same with each light colour of the house as its dark one."""
    if isinstance(part, dict):
        return {name: value if name == "config" else _recoloured(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_recoloured(value) for value in part]
    return _DARK.get(part, part) if isinstance(part, str) else part


_DARK = {PALETTE["light"][name]: PALETTE["dark"][name] for name in reversed(PALETTE["light"])}
