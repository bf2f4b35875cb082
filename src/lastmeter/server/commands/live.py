"""`lastmeter live`: a simulated company that goes on living while you look."""

import sys
from pathlib import Path

import typer

from lastmeter.cli.output import out, say
from lastmeter.kernel.clock import local_of_utc, zone_named
from lastmeter.kernel.titles import Lang, Title
from lastmeter.server.commands.serve import HOST, PORT

HELP = Title(
    "播放一家演示公司（lastmeter demo --hold-back）：控制台、加速的时钟、陆续到来的事件。Ctrl-C 停止，下次从那里接着走。",
    "Play a simulated company (of lastmeter demo --hold-back): console, accelerated clock, events as they happen. Ctrl-C stops it; "
    "the next start goes on from there.",
)
FOLDER = Title("演示公司的文件夹", "The folder of the simulated company")
SPEED = Title("时钟走多快：360 表示一天四分钟", "How fast its clock goes: 360 is a day in four minutes")
HERE = Title("\n  控制台  {url}\n", "\n  Console  {url}\n")
WHO = Title("  账户（密码都是 {password}）：", "  Accounts (the password of all is {password}):")
ACCOUNT = Title("    {username:<20} {role:<8} {name}", "    {username:<20} {role:<12} {name}")
TIME = Title(
    "\n  公司里现在是 {now}，时钟快 {speed:g} 倍。瑕疵会在“瑕疵”页陆续出现。Ctrl-C 停止。\n",
    "\n  It is {now} in the company, and its clock goes {speed:g} times as fast. Flaws appear on the page “Flaws”. Ctrl-C stops it.\n",
)


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("live", help=HELP.say(lang))
    def live(
        folder: Path = typer.Argument(..., help=FOLDER.say(lang)),
        host: str = typer.Option("127.0.0.1", "--host", help=HOST.say(lang)),
        port: int = typer.Option(8000, "--port", help=PORT.say(lang)),
        speed: float = typer.Option(360.0, "--speed", min=1.0, max=86_400.0, help=SPEED.say(lang)),
    ) -> None:
        from lastmeter.server.live.playing import Player
        from lastmeter.workspace.config import load_config

        player = Player(folder, host, port, speed)
        ready = player.prepare()
        from lastmeter.server.people.permissions import ROLES

        say(lang, HERE, url=ready.url)
        say(lang, WHO, password=ready.password)
        for account in ready.accounts:
            say(lang, ACCOUNT, username=account.username, role=ROLES[account.role].say(lang), name=account.name)
        local = local_of_utc(ready.now, zone_named(load_config(folder).company.zone))
        say(lang, TIME, now=f"{local:%Y-%m-%d %H:%M}", speed=speed)
        out.file.flush()
        sys.exit(player.play())
