"""Figures for whoever watches the server itself, as Prometheus reads them: requests, the age of the fact tables, what waits.

Counts come from `counting`; gauges are read when they are asked for.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse

from lastmeter.server.counting import FOLDER, counters


class _State:
    """Gauges, read when they are asked for."""

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily

        from lastmeter.journeys.fact_files import read_manifest
        from lastmeter.server import clock
        from lastmeter.server.company import served

        built = read_manifest(served.folder / "facts")
        if built is not None:
            age = (clock.now() - built.at).total_seconds()
            yield GaugeMetricFamily("lastmeter_facts_age_seconds", "Age of the fact tables", value=age)
            yield GaugeMetricFamily("lastmeter_journeys", "Journeys in the fact tables", value=built.journeys)
        marks = GaugeMetricFamily("lastmeter_source_age_seconds", "Since when a source is known to be complete", labels=["source"])
        for source in served.journal.sources():
            if source.watermark is not None:
                marks.add_metric([source.name], (clock.now() - source.watermark).total_seconds())
        yield marks
        with served.journal.store.reading() as connection:
            waiting = connection.execute("SELECT count(*) FROM lm_hot")[0][0]
            aside = connection.execute("SELECT count(*) FROM lm_rejected")[0][0]
        yield GaugeMetricFamily("lastmeter_hot_events", "Events that wait to be sealed", value=waiting)
        yield GaugeMetricFamily("lastmeter_rejected_rows", "What was set aside and waits", value=aside)
        free = shutil.disk_usage(served.folder).free
        yield GaugeMetricFamily("lastmeter_disk_free_bytes", "Free bytes on the workspace's disk", value=free)


def exposition(request: HttpRequest) -> HttpResponse:
    """`/metrics`: for this machine itself, or for a token that may read."""
    from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess

    from lastmeter.server.intake import tokens

    token = tokens.authenticate(request)
    own = request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"} and "HTTP_X_FORWARDED_FOR" not in request.META
    if not own and not (token and token.may("read")):
        return HttpResponse("a token with the scope `read` is needed · 需要带 read 权限的令牌\n", status=401, content_type="text/plain")
    counters()
    registry = REGISTRY
    if FOLDER in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    state = CollectorRegistry()
    state.register(_State())
    return HttpResponse(generate_latest(registry) + generate_latest(state), content_type=CONTENT_TYPE_LATEST)
