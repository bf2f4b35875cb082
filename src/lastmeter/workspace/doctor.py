"""What is in order in a workspace, what is not, and how to mend it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lastmeter.connectors.mapping_file import check_mapping
from lastmeter.indicators.claims import FILE_NAME as CLAIMS_FILE
from lastmeter.indicators.claims import load_claims
from lastmeter.indicators.company import load_indicators
from lastmeter.indicators.index import check
from lastmeter.journal.erasure import needs_reapplying
from lastmeter.journal.purging import purge_pending
from lastmeter.journeys.fact_files import read_manifest
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.workspace.company import Workspace

_LITTLE_SPACE = 1 << 30  # bytes; a build of ten million events needs about this much

SETTINGS = Title("配置：{company}", "Settings: {company}")
SPACE = Title("磁盘只剩 {free} MB", "Only {free} MB left on the disk")
MAKE_ROOM = Title("请清出空间：写不下时导入会停，已确认的不丢", "Make room: a full disk stops imports; nothing acknowledged is lost")
BLUEPRINTS = Title("蓝图：{n} 个文件", "Blueprints: {n} files")
MAPPINGS = Title("数据源映射：{n} 个文件", "Mappings: {n} files")
INDICATORS = Title("自有指标：{n} 个", "Own indicators: {n}")
CLAIMS = Title("宣传承诺：{n} 条", "Claims: {n}")
CLAIM_LOST = Title("宣传承诺“{claim}”要看的指标“{code}”不存在", "The claim “{claim}” names an indicator “{code}” that there is not")
SEE_ALL = Title("用 lastmeter indicators list 查看全部指标", "See them all with `lastmeter indicators list`")
POST = Title("lastmeter.toml 中没有蓝图里的岗位“{post}”", "lastmeter.toml lacks the post “{post}” of a blueprint")
ADD_POST = Title("加一段 [[post]]，简报才有名称和负责人", "Add a [[post]], for its title and owner in briefs")
JOURNAL = Title("事件簿：{n} 个批次", "Journal: {n} batches")
UNFINISHED = Title("批次 {batch} 没有完成", "Batch {batch} was not finished")
GO_ON = Title("再导入同样的文件即可接着做", "Import the same files again to go on where it stopped")
NO_WATERMARK = Title("数据源“{source}”没有水位，时限都不判定", "Source “{source}” has no watermark: no limit is judged")
GIVE_WATERMARK = Title("导入时给出 --watermark", "Give --watermark when importing")
NO_FACTS = Title("还没有事实表", "There are no fact tables yet")
STALE = Title("事件簿比事实表新", "The journal is newer than the fact tables")
PURGE_PENDING = Title("{since} 抹去的数据还没有清除干净", "What was erased at {since} is not purged yet")
PURGE = Title("运行 lastmeter erase --purge", "Run lastmeter erase --purge")
FORGOTTEN = Title("数据库由备份恢复，忘了之前的抹去", "The database was restored from a backup and forgot earlier erasures")
REAPPLY = Title("运行 lastmeter erase --again", "Run lastmeter erase --again")
BUILD = Title("运行 lastmeter build", "Run lastmeter build")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was examined: `where` it stands (file and line), what is to say, `hint` how to mend it; `mend` does it,
    where that is safe to do unasked.
    """

    state: Literal["good", "warn", "bad"]
    title: Title
    hint: Title | None = None
    places: dict[str, Any] = field(default_factory=dict)
    where: str = ""
    mend: Callable[[], object] | None = None


def examine(folder: Path) -> list[Finding]:
    """Examine a workspace; what fails stops only what rests on it."""
    try:
        ws = Workspace.open(folder)
    except LastMeterError as error:
        return [fault(error)]
    findings = [Finding("good", SETTINGS, None, {"company": ws.config.company.name.en})]
    with ws:
        for part in (_space, _blueprints, _mappings, _indicators, _index_and_claims, _posts, _journal):
            try:
                findings += part(ws)
            except LastMeterError as error:
                findings.append(fault(error))
    return findings


def fault(error: LastMeterError) -> Finding:
    """What stops an examination, as a finding."""
    return Finding("bad", error.title, error.hint_title, error.places)


def _space(ws: Workspace) -> Iterator[Finding]:
    free = shutil.disk_usage(ws.folder).free
    if free < _LITTLE_SPACE:
        yield Finding("warn", SPACE, MAKE_ROOM, {"free": free >> 20})


def _blueprints(ws: Workspace) -> Iterator[Finding]:
    files = ws.blueprint_files()
    problems = ws.check_blueprints(files)
    for problem in problems:
        where = f"{problem.path.name}:{problem.line}"
        yield Finding("bad", problem.message, problem.hint, where=where)
    if not problems:
        yield Finding("good", BLUEPRINTS, None, {"n": len(files)})


def _mappings(ws: Workspace) -> Iterator[Finding]:
    files = sorted((ws.folder / "sources").glob("*.toml"))
    faults = [(file, problem) for file in files for problem in check_mapping(file)]
    for file, problem in faults:
        yield Finding("bad", problem.message, problem.hint, where=f"{file.name}:{problem.line}")
    if not faults:
        yield Finding("good", MAPPINGS, None, {"n": len(files)})


def _indicators(ws: Workspace) -> Iterator[Finding]:
    yield Finding("good", INDICATORS, None, {"n": len(load_indicators(ws.folder / "indicators"))})


def _index_and_claims(ws: Workspace) -> Iterator[Finding]:
    check(ws.config.index.standard(), ws.catalogue)
    claims = load_claims(ws.folder / CLAIMS_FILE)
    for claim in claims:
        if claim.indicator not in ws.catalogue:
            yield Finding("bad", CLAIM_LOST, SEE_ALL, {"claim": claim.code, "code": claim.indicator}, where=CLAIMS_FILE)
    if claims:
        yield Finding("good", CLAIMS, None, {"n": len(claims)})


def _posts(ws: Workspace) -> Iterator[Finding]:
    named = {rule.post for blueprint in ws.blueprints for rule in blueprint.rules() if rule.post}
    for post in sorted(named - set(ws.config.posts())):
        yield Finding("warn", POST, ADD_POST, {"post": post})


def _journal(ws: Workspace) -> Iterator[Finding]:
    batches = ws.journal.batches()
    yield Finding("good", JOURNAL, None, {"n": len(batches)})
    for batch in batches:
        if batch.state == "open":
            yield Finding("warn", UNFINISHED, GO_ON, {"batch": batch.number})
    for source in ws.journal.sources():
        if source.watermark is None:
            yield Finding("warn", NO_WATERMARK, GIVE_WATERMARK, {"source": source.name})
    with ws.journal.store.reading() as connection:
        pending, forgotten = purge_pending(connection), needs_reapplying(ws.journal, connection)
    if pending:
        yield Finding("warn", PURGE_PENDING, PURGE, {"since": pending})
    if forgotten:
        yield Finding("bad", FORGOTTEN, REAPPLY)
    if read_manifest(ws.facts_folder) is None:
        yield Finding("warn", NO_FACTS, BUILD)
    elif ws.stale():
        yield Finding("warn", STALE, BUILD)
