"""`lastmeter invite`: a link by which somebody can sign in; the first owner comes in this way."""

from pathlib import Path

import typer

from lastmeter.cli import options
from lastmeter.cli.output import say
from lastmeter.kernel.titles import Lang, Title

INVITE = Title("邀请一个人使用控制台，打印链接。", "Invite somebody to the console; prints the link.")
ROLE = Title("角色：owner、manager、analyst、agent、field、viewer、third_party",
             "Role: owner, manager, analyst, agent, field, viewer, third_party")
EMAIL = Title("邮箱；写了就发邮件", "E-mail address; mail is sent there")
NAME = Title("姓名", "Name")
BRAND = Title("只看这个品牌；可写多次", "Only this brand; may be given several times")
PERFORMER = Title("第三方在数据里的执行方名称", "The third party's name as performer")
BASE = Title("控制台的地址", "Address of the console")
LINK = Title("{role} 的邀请链接（{days} 天内有效，只能用一次）：\n{link}", "Invitation as {role} (works once, within {days} days):\n{link}")
MAILED = Title("已发到 {email}", "Mailed to {email}")


def register(app: typer.Typer, lang: Lang) -> None:
    """Add the command."""

    @app.command("invite", help=INVITE.say(lang))
    def invite(
        workspace: Path = options.workspace(lang),
        role: str = typer.Option("viewer", "--role", help=ROLE.say(lang)),
        email: str = typer.Option("", "--email", help=EMAIL.say(lang)),
        name: str = typer.Option("", "--name", help=NAME.say(lang)),
        brand: list[str] = typer.Option([], "--brand", help=BRAND.say(lang)),
        performer: str = typer.Option("", "--performer", help=PERFORMER.say(lang)),
        base_url: str = typer.Option("http://127.0.0.1:8000", "--url", help=BASE.say(lang)),
    ) -> None:
        from lastmeter.server import setup

        setup.prepare(workspace)
        setup.demand_migrated()
        from lastmeter.server.people.actions.persons import Invitee
        from lastmeter.server.people.actions.persons import invite as invite_person

        invited = invite_person(None, Invitee(
            role=role, email=email, name=name, brands=tuple(brand), performer=performer))  # type: ignore[arg-type]
        tell(lang, invited, base_url)


def tell(lang: Lang, invited: object, base_url: str) -> None:
    """Print the link of an invitation and mail it where there is an address."""
    from django.conf import settings

    from lastmeter.server.people.actions.persons import INVITATION_DAYS, Invited, mail_invitation

    assert isinstance(invited, Invited)  # noqa: S101 - types are loaded only here
    link = f"{(settings.BASE_URL or base_url).rstrip('/')}/invitation/{invited.secret}/"
    say(lang, LINK, role=invited.person.role_title.say(lang), days=INVITATION_DAYS, link=link)
    if mail_invitation(invited, link, settings.COMPANY.company.name.title(), lang):
        say(lang, MAILED, email=invited.person.email)
