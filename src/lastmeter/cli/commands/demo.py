"""`lastmeter demo`: a simulated company, from its exports to its brief."""

from datetime import timedelta
from pathlib import Path

import typer

from lastmeter.charts.brief_html import render_html
from lastmeter.cli.output import out, progress, say
from lastmeter.demo.companies import COMMERCE, check_company, companies, sign, simulate
from lastmeter.demo.company import DemoReport
from lastmeter.kernel.titles import LANGS, Lang, Title, title_of
from lastmeter.workspace import Workspace
from lastmeter.workspace.holding_back import hold_back as held_back

HELP = Title(
    "模拟一家公司（两年、中英文、三个埋下的问题），导入、建表、写简报。",
    "Simulate a company (two years, Chinese and English, three planted problems); import, build, brief.",
)
FOLDER = Title("新文件夹", "A new folder")
COMPANY = Title("哪家公司：{names}", "Which company: {names}")
EVENTS = Title("大约多少事件，最多一千万", "About how many events, ten million at most")
HOLD = Title(
    "留住最后几天不导入，由 lastmeter live 当作正在发生来播放", "Hold the last days back, for `lastmeter live` to play as they happen"
)
SEED = Title("随机种子：同一种子得到同样的公司", "Seed: the same seed makes the same company")
MADE = Title("{company}：{events} 个事件，{journeys} 个旅程。", "{company}: {events} events, {journeys} journeys.")
TRUTH = Title("埋下的问题（也在 {file}）：", "The planted problems (also in {file}):")
PLANTED = Title("  {problem}：{share}（没有这个问题时 {without}）", "  {problem}: {share} (without the problem {without})")
SEE = Title("简报：{file}", "Brief: {file}")
NONE = Title("还没有遇到", "none met yet")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("demo", help=HELP.say(lang))
    def demo(
        folder: Path = typer.Argument(..., help=FOLDER.say(lang)),
        company: str = typer.Option(COMMERCE, "--company", "-c", help=COMPANY.say(lang, names=", ".join(companies()))),
        events: int = typer.Option(200_000, "--events", "-n", min=5_000, max=10_000_000, help=EVENTS.say(lang)),
        seed: int = typer.Option(7, "--seed", help=SEED.say(lang)),
        hold_back: int = typer.Option(0, "--hold-back", min=0, max=365, help=HOLD.say(lang)),
    ) -> None:
        check_company(company)
        Workspace.create(folder, template=company)
        sign(folder, company)
        with progress(lang, Title("模拟公司", "Simulating")) as moved:
            made = simulate(folder / "exports", company=company, seed=seed, events=events, progress=moved)
        at = made.exported_at - timedelta(days=hold_back)
        with Workspace.open(folder) as ws:
            files = held_back(ws, made.files, since=at) if hold_back else made.files
            for source, paths in files.items():
                with progress(lang, Title("导入", "Importing")) as moved:
                    ws.import_files(paths, source=source, at=at, as_of=at, watermark=at if hold_back else None, progress=moved)
            with progress(lang, Title("建立事实表", "Building")):
                report = ws.build(at=at)
            say(lang, MADE, company=ws.config.company.name.title().say(lang), events=f"{made.events:,}",
                journeys=f"{report.journeys:,}")
            _say_truth(made, lang)
            kinds = list(dict.fromkeys(blueprint.kind for blueprint in ws.blueprints))
            for kind in kinds:
                _write_briefs(ws, folder, kind if len(kinds) > 1 else None, lang)
        chosen = f" --kind {kinds[0]}" if len(kinds) > 1 else ""
        out.print(f"\n  lastmeter brief -w {folder}{chosen}\n  lastmeter journeys -w {folder}{chosen} --flawed\n", markup=False)


def _say_truth(made: DemoReport, lang: Lang) -> None:
    say(lang, TRUTH, file=str(made.truth_file))
    for entry in made.truth:
        share, without = (NONE.say(lang) if part is None else f"{part:.1%}" for part in (entry["share"], entry["share_without"]))
        say(lang, PLANTED, problem=title_of(entry["title"], entry["code"]).say(lang), share=share, without=without)


def _write_briefs(ws: Workspace, folder: Path, kind: str | None, lang: Lang) -> None:
    brief = ws.brief(kind=kind, depth="full")
    for language in LANGS:
        target = folder / f"brief-{f'{kind}-' if kind else ''}{language}.html"
        target.write_text(render_html(brief, language), encoding="utf-8")
        say(lang, SEE, file=str(target))
