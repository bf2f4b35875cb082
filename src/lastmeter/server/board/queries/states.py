"""What the states of journeys and promises are called, and how a due moment is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings

from lastmeter.kernel.clock import local_of_utc, zone_named
from lastmeter.kernel.titles import Title

STATES: dict[str, Title] = {
    "unstarted": Title("未开始", "not started"), "open": Title("进行中", "open"), "completed": Title("已完成", "completed"),
    "cancelled": Title("已取消", "cancelled"), "returned": Title("已退回", "returned"), "abandoned": Title("已中断", "abandoned"),
}
PROMISES: dict[str, Title] = {
    "kept": Title("守约", "kept"), "missed": Title("失约", "missed"), "open": Title("未到期", "not due"),
    "undecided": Title("无法判定", "undecided"), "none": Title("无承诺", "no promise"),
}


def due_of(row: Mapping[str, Any]) -> datetime | date | None:
    """When a journey is due: the day where it must end by the end of a day, else the instant (naive UTC)."""
    at: datetime | None = row["due_at"]
    on: date | None = row["due_on"]
    if at is None or on is None:
        return at or on
    return at if local_of_utc(at, zone_named(settings.COMPANY.company.zone)).date() == on else on
