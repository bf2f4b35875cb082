"""What the pages of sources say in one sentence, from what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from lastmeter.diagnosis import words
from lastmeter.kernel.clock import local_of_utc, zone_named
from lastmeter.kernel.titles import Title
from lastmeter.server.intake.console.queries import Source


def of_sources(sources: Sequence[Source]) -> Title:
    """Silent ones first, then mappings that cannot be read, then the oldest watermark."""
    known = [source for source in sources if source.watermark]
    silent = [source for source in sources if source.silent_since]
    broken = [source for source in sources if source.error]
    if silent:
        first = min(silent, key=lambda source: source.silent_since or source.name)
        if len(silent) > 1:
            return words.fill(Title("{n} 个数据源没有动静，它们的时限都不判定", "{n} sources are silent: none of their limits is judged"),
                              n=str(len(silent)))
        assert first.silent_since is not None  # noqa: S101 - chosen for it
        return words.fill(Title("数据源“{name}”从 {since} 起没有动静，它的时限都不判定",
                                "Source “{name}” has been silent since {since}: none of its limits is judged"),
                          name=first.title, since=moment(first.silent_since))
    if broken:
        said = Title("“{name}”的映射读不了，不能再导入它的文件", "The mapping of “{name}” cannot be read: its files cannot be imported")
        return words.fill(said, name=broken[0].title)
    if not known:
        return Title("还没有任何数据", "There is no data yet")
    oldest = min(known, key=lambda source: source.watermark or source.name)
    assert oldest.watermark is not None  # noqa: S101 - chosen for it
    if len(known) == 1:
        return words.fill(Title("唯一的数据源“{name}”完整到 {at}", "The one source, “{name}”, is complete up to {at}"),
                          name=oldest.title, at=moment(oldest.watermark))
    return words.fill(Title("{n} 个数据源有数据，最旧的“{name}”完整到 {at}",
                            "{n} sources have told us something; the oldest, “{name}”, is complete up to {at}"),
                      n=str(len(known)), name=oldest.title, at=moment(oldest.watermark))


def moment(at: datetime) -> Title:
    """An instant in the company's zone, for a sentence."""
    local = local_of_utc(at, zone_named(settings.COMPANY.company.zone))
    return words.fill(Title("{day} {time}", "{day} {time}"), day=words.day(local.date()), time=f"{local:%H:%M}")


def of_source(source: Source) -> Title:
    """What one source is like."""
    if source.silent_since:
        return words.fill(Title("从 {since} 起没有动静", "Silent since {since}"), since=moment(source.silent_since))
    if source.error:
        return Title("映射读不了，不能再导入文件", "Its mapping cannot be read: no file can be imported")
    if source.watermark is None:
        return Title("还没有从它得到任何事件", "It has told us nothing yet")
    return words.fill(Title("完整到 {at}，共 {n} 个事件", "Complete up to {at}, {n} events in all"),
                      at=moment(source.watermark), n=words.count(source.rate.events))
