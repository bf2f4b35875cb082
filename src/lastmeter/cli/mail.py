"""Sending a brief by SMTP: one conversation, its server from the environment."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, make_msgid

from lastmeter.diagnosis.brief import Brief
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Lang, Title

PREFIX = "LASTMETER_SMTP_"
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail goes. tls: `starttls` (the default), `ssl`, or `none` for a server on this machine."""

    host: str
    port: int
    sender: str
    tls: str = "starttls"
    user: str = ""
    password: str = ""


def settings(environment: Mapping[str, str]) -> Server:
    """The server from `LASTMETER_SMTP_HOST`, `_PORT`, `_FROM`, `_TLS`, `_USER`, `_PASSWORD`.

    Raises:
        LastMeterError: `mail.no_server`, `mail.setting_wrong`.
    """
    said = {name: environment.get(PREFIX + name, "") for name in ("HOST", "PORT", "FROM", "TLS", "USER", "PASSWORD")}
    for name in ("HOST", "FROM"):
        if not said[name]:
            raise LastMeterError(
                "mail.no_server", Title("没有设置 {name}，寄不出去", "{name} is not set: nothing can be sent"),
                Title("设置环境变量 {name}；或者用 --output 写成文件",
                      "Set the environment variable {name}; or write a file with --output"),
                name=PREFIX + name,
            )
    tls = said["TLS"] or "starttls"
    if tls not in ("starttls", "ssl", "none") or not (said["PORT"] or "0").isdigit():
        raise LastMeterError(
            "mail.setting_wrong", Title("{name} 的值不对", "{name} is not right"),
            Title("TLS 可用 starttls、ssl、none；PORT 是数字", "TLS is starttls, ssl or none; PORT a number"),
            name=PREFIX + ("PORT" if tls in ("starttls", "ssl", "none") else "TLS"),
        )
    port = int(said["PORT"] or {"starttls": 587, "ssl": 465, "none": 25}[tls])
    return Server(said["HOST"], port, said["FROM"], tls, said["USER"], said["PASSWORD"])


def send(brief: Brief, lang: Lang, *, to: Sequence[str], settings: Server, at: datetime) -> None:
    """Send a brief, in one language.

    Raises:
        LastMeterError: `mail.not_sent`, `mail.address_wrong`.
    """
    from lastmeter.charts.brief_mail import mail_brief

    try:
        message = mail_brief(brief, lang, sender=settings.sender, to=to)
    except ValueError as error:
        raise LastMeterError(
            "mail.address_wrong", Title("收件人或发件人的地址写得不对", "An address of sender or addressee is not one"),
            Title("写成 name@example.com", "Write it as name@example.com"),
        ) from error
    message["Date"] = format_datetime(at.replace(tzinfo=UTC))
    message["Message-ID"] = make_msgid(domain=settings.sender.rpartition("@")[2])
    try:
        with _connected(settings) as server:
            if settings.user:
                server.login(settings.user, settings.password)
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise LastMeterError(
            "mail.not_sent",
            Title("邮件服务器 {host}:{port} 没有收下简报（{kind}）", "The mail server {host}:{port} did not take the brief ({kind})"),
            Title("检查 LASTMETER_SMTP_ 开头的环境变量和网络；或者用 --output 写成文件",
                  "Check the variables LASTMETER_SMTP_… and the network; or write a file with --output"),
            host=settings.host, port=settings.port, kind=type(error).__name__,
        ) from error


def _connected(settings: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if settings.tls == "ssl":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=_SECONDS, context=context)
    server = smtplib.SMTP(settings.host, settings.port, timeout=_SECONDS)
    if settings.tls == "starttls":
        server.starttls(context=context)
    return server
