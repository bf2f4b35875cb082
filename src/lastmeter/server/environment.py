"""Settings of the server, by environment variable; each secret also from a file named by NAME_FILE."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: its default, what it means, and whether it may be read from NAME_FILE."""

    name: str
    default: str
    meaning: Title
    secret: bool = False


SETTINGS = {setting.name: setting for setting in (
    Setting("LASTMETER_WORKSPACE", ".", Title("工作区目录", "The folder of the workspace")),
    Setting("LASTMETER_DATABASE_URL", "", Title(
        "postgresql://...；留空则用工作区设置，再留空则用 SQLite", "postgresql://...; empty: as the workspace says, else SQLite"),
        secret=True),
    Setting("LASTMETER_SECRET_KEY", "", Title(
        "签名会话的密钥；留空则在工作区内生成一个", "The key that signs sessions; empty: one is made in the workspace"), secret=True),
    Setting("LASTMETER_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", Title(
        "浏览器可以用哪些主机名访问，逗号分隔", "Host names under which browsers may reach it, comma separated")),
    Setting("LASTMETER_BASE_URL", "", Title(
        "对外地址，用于邮件和通行密钥，例如 https://lm.example.com",
        "The outside address, for mail and passkeys, such as https://lm.example.com")),
    Setting("LASTMETER_HTTPS", "0", Title(
        "1：只经 HTTPS 提供（安全 Cookie、HSTS）", "1: served over HTTPS only (secure cookies, HSTS)")),
    Setting("LASTMETER_TRUST_PROXY", "0", Title(
        "1：信任反向代理的 X-Forwarded-Proto 和 X-Forwarded-For", "1: trust X-Forwarded-Proto and X-Forwarded-For of a reverse proxy")),
    Setting("LASTMETER_THREADS", "8", Title("每个网页进程的线程数", "Threads of a web process")),
    Setting("LASTMETER_WEB_PROCESSES", "1", Title(
        "网页进程数；SQLite 只能是 1", "Web processes; 1 with SQLite")),
    Setting("LASTMETER_LOG_LEVEL", "INFO", Title("日志级别", "Level of the log")),
    Setting("LASTMETER_MAIL_URL", "", Title(
        "发邮件的服务器，smtp://用户:密码@主机:端口；留空则写入工作区的 server/mail 目录",
        "The mail server, smtp://user:password@host:port; empty: mail is written to server/mail in the workspace"), secret=True),
    Setting("LASTMETER_MAIL_FROM", "lastmeter@localhost", Title("发件人", "The sender of mail")),
    Setting("LASTMETER_BODY_LIMIT_MB", "32", Title("一次请求最大兆字节", "The largest request body in megabytes")),
    Setting("LASTMETER_UPLOAD_LIMIT_MB", "1024", Title(
        "在控制台一次最多上传多少兆字节", "The most that may be uploaded in the console at once, in megabytes")),
    Setting("LASTMETER_INTAKE_MEMORY_MB", "64", Title(
        "每个网页进程同时处理的事件最多占多少兆字节；超过则答复 429",
        "Megabytes of events that a web process has in hand at most; beyond it answers 429")),
    Setting("LASTMETER_INTAKE_THREADS", "64", Title(
        "每个网页进程可同时等待写盘的事件请求数", "Requests with events that may wait for the disk at once in a web process")),
    Setting("LASTMETER_PRIVATE_TARGETS", "0", Title(
        "1：外发 webhook 可以指向内网地址", "1: outgoing webhooks may go to private addresses")),
    Setting("LASTMETER_OIDC_ISSUER", "", Title("单点登录（OIDC）的签发者地址", "Issuer of single sign-on (OIDC)")),
    Setting("LASTMETER_OIDC_CLIENT", "", Title("单点登录的客户端编号", "Client id of single sign-on")),
    Setting("LASTMETER_OIDC_SECRET", "", Title("单点登录的客户端密钥", "Client secret of single sign-on"), secret=True),
    Setting("LASTMETER_OIDC_NAME", "SSO", Title("登录页上单点登录的名称", "What single sign-on is called on the sign-in page")),
    Setting("LASTMETER_REVEALS_A_DAY", "40", Title(
        "一个人一天最多显示多少项个人数据", "How many personal values one person may reveal in a day")),
    Setting("LASTMETER_REVEALS_AN_HOUR", "15", Title(
        "一小时内显示超过这么多项，就提醒所有者", "Revealing more than so many within an hour alarms the owners")),
    Setting("LASTMETER_WORKING_HOURS", "07:00-22:00", Title(
        "当地工作时间；之外显示个人数据会提醒所有者", "Local working hours; revealing outside of them alarms the owners")),
    Setting("LASTMETER_KEEP_TEXTS_DAYS", "0", Title(
        "顾客的话保留多少天；0：一直保留", "Days that customers' words are kept; 0: for good")),
    Setting("LASTMETER_KEEP_REJECTED_DAYS", "180", Title(
        "被搁置的行保留多少天", "Days that rows which were set aside are kept")),
    Setting("LASTMETER_KEEP_AUDIT_DAYS", "1825", Title("审计保留多少天", "Days that the audit is kept")),
    Setting("LASTMETER_DEMO_CLOCK", "", Title(
        "模拟公司的加速时钟，由 demo 设置", "The accelerated clock of a simulated company, set by the demo")),
)}


def read(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """The value of a declared setting; a secret's file is read where only that is named.

    Raises:
        LastMeterError: `server.secret_file`.
    """
    setting = SETTINGS[name]
    if name in environ:
        return environ[name]
    named = environ.get(f"{name}_FILE") if setting.secret else None
    if named is None:
        return setting.default
    try:
        return Path(named).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise LastMeterError(
            "server.secret_file", Title("读不到 {name}_FILE 指的文件", "The file that {name}_FILE names cannot be read"),
            Title("检查路径和权限", "Check its path and permissions"), name=name,
        ) from error


def flag(name: str) -> bool:
    """A setting that is on or off."""
    return read(name).lower() in {"1", "true", "yes", "on"}
