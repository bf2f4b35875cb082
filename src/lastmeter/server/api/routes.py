"""The API put together: the routers of all apps that have one, and its OpenAPI description."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser

from lastmeter import __version__
from lastmeter.server.api import problems
from lastmeter.server.api.callers import Bearer, Browser
from lastmeter.server.ui.plain_text import NOT_TEXT, is_text

PREFIX = "/api/v1"
DESCRIPTION = (
    "Everything that the console shows and does. Times are UTC, `_on` are local dates, shares are 0 to 1, durations seconds. "
    "A token (`Authorization: Bearer lm_...`) may do no more than the person who gave it. Errors are problem+json. "
    "控制台能看到和能做的都在这里；出错时返回 problem+json，语言按 Accept-Language。"
)


class PlainParser(Parser):
    """Reads bodies that are JSON, and text throughout."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The JSON.

        Raises:
            LastMeterError: `server.not_text`.
        """
        body = super().parse_body(request)
        if not is_text(body):
            raise NOT_TEXT
        return body


class Api(NinjaAPI):
    """The API; its description says of every error that it is problem+json."""

    def get_openapi_schema(self, *args: Any, **kwargs: Any) -> OpenAPISchema:
        """OpenAPI 3.1."""
        schema = super().get_openapi_schema(*args, **kwargs)
        for path in schema["paths"].values():
            for operation in path.values():
                for status, answer in operation["responses"].items():
                    content = answer.get("content", {})
                    if int(status) >= 400 and "application/json" in content:
                        content["application/problem+json"] = content.pop("application/json")
        for extra in _described_elsewhere():
            schema["paths"].update(extra)
        return schema


def _described_elsewhere() -> list[dict[str, Any]]:
    """Paths of routes that are plain views for speed: their apps describe them in `openapi.py`."""
    return [importlib.import_module(f"{app.name}.openapi").PATHS for app in _apps_with("openapi")]


def _apps_with(module: str) -> list[Any]:
    return [
        app for app in apps.get_app_configs()
        if app.name.startswith("lastmeter.") and importlib.util.find_spec(f"{app.name}.{module}")
    ]


def make_api() -> Api:
    """The API of this server."""
    made = Api(
        title="Last Meter", version=__version__, description=DESCRIPTION, docs_url=None, openapi_url="/openapi.json",
        auth=[Bearer(), Browser()], urls_namespace="api", parser=PlainParser(),
    )
    problems.install(made)
    for app in _apps_with("api"):
        made.add_router("", importlib.import_module(f"{app.name}.api").router)
    return made


api = make_api()
