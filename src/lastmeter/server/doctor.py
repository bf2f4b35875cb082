"""What `lastmeter doctor` says of a server: settings that do not fit, tables that are behind, who does not work, what is missing.

The command line stands below and finds this file by name, only in a workspace that has been served. Settings are examined
first, from environment and files alone; what rests on Django and the database follows where they allow it. Run it in the
server's own environment: it knows no other settings than those it is given.
"""

from __future__ import annotations

import os
import secrets
import socket
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title
from lastmeter.server import setup
from lastmeter.server.environment import SETTINGS, flag, read
from lastmeter.workspace.backup import backed_up_at
from lastmeter.workspace.config import load_config
from lastmeter.workspace.doctor import Finding, fault

SKEW_WARN, SKEW_BAD = timedelta(seconds=5), timedelta(seconds=60)
FACTS_OLD = timedelta(minutes=5)
BACKUP_OLD = timedelta(days=7)
HOT_MANY = 10_000
"""Single events that wait to be sealed: ten times as many as the worker seals at once."""
SHORTEST_SECRET = 32
CONNECT_SECONDS = 5
OTHERS = stat.S_IRWXG | stat.S_IRWXO
ELSEWHERE = frozenset({"LASTMETER_LANG", "LASTMETER_DATA", "LASTMETER_FORBID_SKIPS"})
"""Variables of the same family that are not the server's."""
MAIL_SCHEMES = frozenset({"smtp", "smtps", "smtp+tls"})

SERVER = Title("服务器：{database}，数据表是最新的，{people} 人", "Server: {database}, tables up to date, {people} people")
UNKNOWN_SETTING = Title("没有名为 {name} 的设置", "There is no setting {name}")
SPELLING = Title("检查拼写；全部设置见 docs/reference/environment.md", "Check the spelling; docs/reference/environment.md has them all")
NO_NUMBER = Title("{name} 应是整数", "{name} must be a whole number")
CORRECT = Title("改正它，再重启服务", "Correct it and restart the server")
SECRET_OPEN = Title("会话密钥 server/secret.key 别人也能读", "The key of sessions, server/secret.key, can be read by others")
OWNER_ONLY = Title("运行 chmod 600 {file}（或 lastmeter doctor --mend）；若别人已读过，换一个密钥，所有人会重新登录",
                   "Run chmod 600 {file} (or lastmeter doctor --mend); if others have read it, replace it: everyone signs in again")
FOLDER_OPEN = Title("server 目录别人也能读：里面有密钥、邮件和上传的文件",
                    "The folder server can be read by others: it holds the key, letters and uploads")
FOLDER_CLOSE = Title("运行 chmod 700 {file}（或 lastmeter doctor --mend）", "Run chmod 700 {file} (or lastmeter doctor --mend)")
SECRET_MISSING = Title("没有会话密钥", "There is no key of sessions")
SECRET_MADE = Title(
    "没有给 LASTMETER_SECRET_KEY，下次启动会生成一个，所有人会重新登录；多台主机要共用一个",
    "LASTMETER_SECRET_KEY is not given: the next start makes one and everyone signs in again; several hosts must share one",
)
SECRET_SHORT = Title("会话密钥太短", "The key of sessions is too short")
SECRET_LONG = Title("至少 {n} 个随机字符", "At least {n} random characters")
SETTINGS_OPEN = Title("lastmeter.toml 里有数据库密码，别人也能读",
                      "lastmeter.toml holds the database's password and can be read by others")
SECRET_FILE = Title("改用 LASTMETER_DATABASE_URL_FILE，或收紧文件权限",
                    "Use LASTMETER_DATABASE_URL_FILE, or tighten the file's permissions")
HOST_WRONG = Title("LASTMETER_ALLOWED_HOSTS 里的“{host}”不是主机名", "“{host}” in LASTMETER_ALLOWED_HOSTS is no host name")
HOST_ONLY = Title("只写主机名：不要协议、端口和路径", "Write the host name alone: no scheme, port or path")
HOST_ANY = Title("LASTMETER_ALLOWED_HOSTS 放行任何主机名", "LASTMETER_ALLOWED_HOSTS lets every host name in")
HOST_NAME = Title("写出浏览器真正用的主机名", "Name the hosts that browsers really use")
HOST_NONE = Title("LASTMETER_ALLOWED_HOSTS 是空的，又没有 LASTMETER_BASE_URL：谁也打不开",
                  "No host name is allowed and LASTMETER_BASE_URL is not set: nobody gets in")
BASE_WRONG = Title("LASTMETER_BASE_URL 不是 http(s) 地址", "LASTMETER_BASE_URL is no http(s) address")
BASE_LIKE = Title("写成 https://lm.example.com", "Write it like https://lm.example.com")
HTTPS_MIXED = Title("LASTMETER_BASE_URL 与 LASTMETER_HTTPS 不一致", "LASTMETER_BASE_URL and LASTMETER_HTTPS contradict each other")
HTTPS_SET = Title("经 HTTPS 提供时两者都要写：https:// 和 LASTMETER_HTTPS=1，Cookie 才安全",
                  "Behind HTTPS set both, https:// and LASTMETER_HTTPS=1: only then cookies are safe")
ONE_PROCESS = Title("SQLite 只能有一个网页进程", "With SQLite there is one web process")
MOVE = Title("设 LASTMETER_WEB_PROCESSES=1，或改用 PostgreSQL", "Set LASTMETER_WEB_PROCESSES=1, or move to PostgreSQL")
MAIL_NONE = Title("没有设置邮件：邀请、重设密码和提醒都只写进 server/mail",
                  "Mail is not set up: invitations, forgotten passwords and alarms are only written to server/mail")
MAIL_SET = Title("设 LASTMETER_MAIL_URL 和 LASTMETER_MAIL_FROM", "Set LASTMETER_MAIL_URL and LASTMETER_MAIL_FROM")
MAIL_WRONG = Title("LASTMETER_MAIL_URL 不是邮件服务器的地址", "LASTMETER_MAIL_URL is no address of a mail server")
MAIL_LIKE = Title("写成 smtp+tls://用户:密码@主机:端口", "Write it like smtp+tls://user:password@host:port")
OIDC_PART = Title("单点登录只设了一半：缺 {name}", "Single sign-on is half set up: {name} is missing")
OIDC_PLAIN = Title("单点登录的签发者不走 HTTPS", "The issuer of single sign-on is not asked over HTTPS")
OIDC_SET = Title("见 docs/how-to/single-sign-on.md", "See docs/how-to/single-sign-on.md")
NO_DATABASE = Title("数据库没有应答", "The database does not answer")
DATABASE_CHECK = Title("检查数据库是否在运行、LASTMETER_DATABASE_URL 和网络", "Check that it runs, LASTMETER_DATABASE_URL, and the network")
BEHIND = Title("数据库还差 {n} 个迁移", "The database is {n} migrations behind")
MIGRATE = Title("先备份，再运行 lastmeter migrate（或 lastmeter doctor --mend）",
                "Back up, then run lastmeter migrate (or lastmeter doctor --mend)")
SKEW = Title("本机与数据库的时钟差 {seconds} 秒", "The clocks of this machine and the database are {seconds} seconds apart")
SET_CLOCKS = Title("在两台机器上都启用 NTP：时限按时钟判定", "Run NTP on both: deadlines are judged by the clock")
NO_OWNER = Title("没有一个所有者能登录", "No owner can sign in")
INVITE = Title("运行 lastmeter invite --role owner", "Run lastmeter invite --role owner")
NO_WORKER = Title("后台进程没有运行：不封存、不建表、不报瑕疵", "No worker runs: nothing is sealed, built or raised")
START_WORKER = Title("运行 lastmeter serve，或 lastmeter worker", "Run lastmeter serve, or lastmeter worker")
DEAD_WORKER = Title("后台进程的锁由进程 {pid} 持有，而它已不在", "The worker's lock is held by process {pid}, which is gone")
FREE_LOCK = Title("它的子进程或网络文件系统还持有锁：结束它们，再启动后台进程",
                  "A child of it or a network file system still holds it: end those, then start the worker")
FACTS = Title("后台进程在运行，事实表却已 {minutes} 分钟没有更新", "A worker runs, yet the fact tables are {minutes} minutes old")
SEE_LOG = Title("看它的日志（job failed），再重启它", "See its log (job failed), then restart it")
UNSEALED = Title("有 {n} 个事件等待封存", "{n} events wait to be sealed")
SEAL = Title("后台进程会封存；或运行 lastmeter doctor --mend", "The worker seals them; or run lastmeter doctor --mend")
SILENT = Title("数据源“{source}”自 {since} 起没有消息", "Source “{source}” has told nothing since {since}")
ASK_SOURCE = Title("看它的系统和令牌；若本该安静，在“数据源”里写明可静多久",
                   "See to its system and token; where silence is right, say under Sources how long it may last")
NO_BACKUP = Title("从未用 lastmeter backup 备份过", "Never backed up by lastmeter backup")
OLD_BACKUP = Title("上次备份是 {days} 天前", "The last backup is {days} days old")
BACK_UP = Title("每晚运行 lastmeter backup，把文件放到别的机器上；用别的办法备份的，可以不理",
                "Run lastmeter backup every night and keep the file elsewhere; if you back up in another way, never mind")


def examine(folder: Path) -> list[Finding]:
    """Examine the server of a workspace; settings that cannot be read and a database that does not answer end it early."""
    findings = list(_environment(folder))
    if any(finding.state == "bad" and finding.mend is None for finding in findings):
        return findings
    if not read("LASTMETER_SECRET_KEY") and not (folder / "server" / "secret.key").exists():
        # Looking makes no key, which would belong to whoever looks.
        os.environ["LASTMETER_SECRET_KEY"] = secrets.token_urlsafe(SHORTEST_SECRET)
    try:
        setup.prepare(folder)
    except LastMeterError as error:
        return [*findings, fault(error)]
    return findings + _served()


def _served() -> list[Finding]:
    """What rests on the database, in order: without the first two the others cannot be asked."""
    import psycopg
    from django.conf import settings
    from django.db import Error

    try:
        if settings.DATABASE_URL:
            # Asked directly: a pool would go on trying for half a minute.
            psycopg.connect(settings.DATABASE_URL, connect_timeout=CONNECT_SECONDS).close()
        waiting = setup.pending()
    except (Error, psycopg.Error):
        return [Finding("bad", NO_DATABASE, DATABASE_CHECK)]
    if waiting:
        return [*_skew(), Finding("bad", BEHIND, MIGRATE, {"n": len(waiting)}, mend=setup.migrate)]
    findings = [_summary()]
    for part in (_skew, _owner, _worker, _facts, _journal, _silence, _backup):
        try:
            findings += part()
        except LastMeterError as error:
            findings.append(fault(error))
    return findings


def _environment(folder: Path) -> Iterator[Finding]:
    """Settings, from the environment and the workspace's files alone."""
    known = {*SETTINGS, *ELSEWHERE, *(f"{setting.name}_FILE" for setting in SETTINGS.values() if setting.secret)}
    for name in sorted(os.environ):
        if name.startswith("LASTMETER_") and name not in known:
            yield Finding("warn", UNKNOWN_SETTING, SPELLING, {"name": name})
    for setting in SETTINGS.values():
        try:
            value = read(setting.name)
        except LastMeterError as error:
            yield fault(error)
            continue
        if setting.default.isdigit() and not value.isdigit() and value.lower() not in {"true", "false", "yes", "no", "on", "off"}:
            yield Finding("bad", NO_NUMBER, CORRECT, {"name": setting.name})
    for part in (_secrets, _addresses, _mail, _single_sign_on):
        try:
            yield from part(folder)
        except LastMeterError:
            continue  # said above: a secret's file that cannot be read


def _secrets(folder: Path) -> Iterator[Finding]:
    private, key, given = folder / "server", folder / "server" / "secret.key", read("LASTMETER_SECRET_KEY")
    if private.stat().st_mode & OTHERS:
        yield Finding("warn", FOLDER_OPEN, FOLDER_CLOSE, {"file": str(private)}, mend=lambda: private.chmod(0o700))
    if not given and not key.exists():
        yield Finding("warn", SECRET_MISSING, SECRET_MADE)
    elif not given and key.stat().st_mode & OTHERS:
        yield Finding("bad", SECRET_OPEN, OWNER_ONLY, {"file": str(key)}, mend=lambda: key.chmod(0o600))
    if given and len(given) < SHORTEST_SECRET:
        yield Finding("bad", SECRET_SHORT, SECRET_LONG, {"n": SHORTEST_SECRET})
    config = folder / "lastmeter.toml"
    if not read("LASTMETER_DATABASE_URL") and urlsplit(load_config(folder).database.url).password and config.stat().st_mode & stat.S_IROTH:
        yield Finding("warn", SETTINGS_OPEN, SECRET_FILE)


def _addresses(folder: Path) -> Iterator[Finding]:
    hosts, base = [host.strip() for host in read("LASTMETER_ALLOWED_HOSTS").split(",")], read("LASTMETER_BASE_URL")
    for host in filter(None, hosts):
        if host == "*":
            yield Finding("warn", HOST_ANY, HOST_NAME)
        elif "/" in host or (":" in host and not host.startswith("[")):
            yield Finding("bad", HOST_WRONG, HOST_ONLY, {"host": host})
    if not any(hosts) and not base:
        yield Finding("bad", HOST_NONE, HOST_NAME)
    parts = urlsplit(base)
    if base and (parts.scheme not in {"http", "https"} or not parts.hostname):
        yield Finding("bad", BASE_WRONG, BASE_LIKE)
    elif base and (parts.scheme == "https") != flag("LASTMETER_HTTPS"):
        yield Finding("warn", HTTPS_MIXED, HTTPS_SET)
    if read("LASTMETER_WEB_PROCESSES") not in {"0", "1"} and not load_config(folder).database.url:
        yield Finding("bad", ONE_PROCESS, MOVE)


def _mail(folder: Path) -> Iterator[Finding]:
    url = read("LASTMETER_MAIL_URL")
    if not url:
        yield Finding("warn", MAIL_NONE, MAIL_SET)
    elif urlsplit(url).scheme not in MAIL_SCHEMES or not urlsplit(url).hostname:
        yield Finding("bad", MAIL_WRONG, MAIL_LIKE)


def _single_sign_on(folder: Path) -> Iterator[Finding]:
    issuer, client = read("LASTMETER_OIDC_ISSUER"), read("LASTMETER_OIDC_CLIENT")
    if bool(issuer) != bool(client):
        yield Finding("bad", OIDC_PART, OIDC_SET, {"name": "LASTMETER_OIDC_CLIENT" if issuer else "LASTMETER_OIDC_ISSUER"})
    elif issuer and urlsplit(issuer).scheme != "https" and urlsplit(issuer).hostname not in {"localhost", "127.0.0.1", "::1"}:
        yield Finding("warn", OIDC_PLAIN, OIDC_SET)


def _summary() -> Finding:
    from django.db import connection

    from lastmeter.server.people.models import Person

    name = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    return Finding("good", SERVER, None, {"database": name, "people": Person.objects.filter(is_active=True).count()})


def _skew() -> Iterator[Finding]:
    from django.db import connection

    from lastmeter.server import clock

    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        before = clock.real_now()
        cursor.execute("SELECT clock_timestamp() AT TIME ZONE 'UTC'")
        theirs = cursor.fetchone()[0]
        apart = abs(theirs - (before + (clock.real_now() - before) / 2))
    if apart > SKEW_WARN:
        yield Finding("bad" if apart > SKEW_BAD else "warn", SKEW, SET_CLOCKS, {"seconds": round(apart.total_seconds())})


def _owner() -> Iterator[Finding]:
    from lastmeter.server.people import queries

    if queries.nobody_can_sign_in():
        yield Finding("bad", NO_OWNER, INVITE)


def _worker() -> Iterator[Finding]:
    from lastmeter.server import worker

    if not worker.turn_is_taken():
        yield Finding("warn", NO_WORKER, START_WORKER)
        return
    host, pid = worker.holder()
    if host == socket.gethostname() and pid and not _alive(pid):
        yield Finding("bad", DEAD_WORKER, FREE_LOCK, {"pid": pid})


def _facts() -> Iterator[Finding]:
    from django.conf import settings

    from lastmeter.journeys.fact_files import read_manifest
    from lastmeter.server import clock, worker
    from lastmeter.server.company import served

    built = read_manifest(served.folder / "facts")
    if built is None or (settings.PRIVATE / "live.json").exists() or not worker.turn_is_taken():
        return  # a simulated company has a time of its own, and without a worker the age is no news
    age = clock.now() - built.at
    if age > FACTS_OLD:
        yield Finding("bad", FACTS, SEE_LOG, {"minutes": int(age.total_seconds() // 60)})


def _journal() -> Iterator[Finding]:
    from lastmeter.server import clock
    from lastmeter.server.company import served

    waiting = served.journal.hot_count()
    if waiting >= HOT_MANY:
        yield Finding("warn", UNSEALED, SEAL, {"n": waiting}, mend=lambda: served.journal.seal(at=clock.now()))


def _silence() -> Iterator[Finding]:
    from django.conf import settings

    from lastmeter.kernel.clock import local_of_utc, zone_named
    from lastmeter.server.watch import queries

    zone = zone_named(settings.COMPANY.company.zone)
    for source in queries.silent_sources():
        yield Finding("warn", SILENT, ASK_SOURCE, {"source": source.name, "since": f"{local_of_utc(source.since, zone):%Y-%m-%d %H:%M}"})


def _backup() -> Iterator[Finding]:
    from lastmeter.server import clock
    from lastmeter.server.company import served

    last = backed_up_at(served.folder)
    if last is None:
        yield Finding("warn", NO_BACKUP, BACK_UP)
    elif clock.real_now() - last > BACKUP_OLD:
        yield Finding("warn", OLD_BACKUP, BACK_UP, {"days": (clock.real_now() - last).days})


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
