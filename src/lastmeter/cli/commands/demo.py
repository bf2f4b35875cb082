"""`lastmeter demo`: a simulated company, from its exports to its brief."""

from pathlib import Path

import typer

from lastmeter.charts.brief_html import render_html
from lastmeter.cli.output import out, progress, say
from lastmeter.demo import generate, sign
from lastmeter.kernel.titles import LANGS, Lang, Title
from lastmeter.workspace import Workspace

HELP = Title(
    "模拟一家电商公司（两年、中英文、三个埋下的问题），导入、建表、写简报。",
    "Simulate a commerce company (two years, Chinese and English, three planted problems); import, build, brief.",
)
FOLDER = Title("新文件夹", "A new folder")
EVENTS = Title("大约多少事件，最多一千万", "About how many events, ten million at most")
SEED = Title("随机种子：同一种子得到同样的公司", "Seed: the same seed makes the same company")
MADE = Title("{company}：{events} 个事件，{journeys} 个旅程。", "{company}: {events} events, {journeys} journeys.")
TRUTH = Title("埋下的问题：{file}", "The planted problems: {file}")
SEE = Title("简报：{file}", "Brief: {file}")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("demo", help=HELP.say(lang))
    def demo(
        folder: Path = typer.Argument(..., help=FOLDER.say(lang)),
        events: int = typer.Option(200_000, "--events", "-n", min=5_000, max=10_000_000, help=EVENTS.say(lang)),
        seed: int = typer.Option(7, "--seed", help=SEED.say(lang)),
    ) -> None:
        Workspace.create(folder, template="commerce")
        sign(folder)
        with progress(lang, Title("模拟公司", "Simulating")) as moved:
            made = generate(folder / "exports", seed=seed, events=events, progress=moved)
        with Workspace.open(folder) as ws:
            for source, files in made.files.items():
                with progress(lang, Title("导入", "Importing")) as moved:
                    ws.import_files(files, source=source, at=made.exported_at, as_of=made.exported_at, progress=moved)
            with progress(lang, Title("建立事实表", "Building")):
                report = ws.build(at=made.exported_at)
            brief = ws.brief()
            say(lang, MADE, company=ws.config.company.name.title().say(lang), events=f"{made.events:,}",
                journeys=f"{report.journeys:,}")
            say(lang, TRUTH, file=str(made.truth_file))
            for language in LANGS:
                target = folder / f"brief-{language}.html"
                target.write_text(render_html(brief, language), encoding="utf-8")
                say(lang, SEE, file=str(target))
        out.print(f"\n  lastmeter brief -w {folder}\n  lastmeter journeys -w {folder} --flawed\n", markup=False)
