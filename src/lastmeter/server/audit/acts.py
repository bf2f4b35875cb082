"""What acts and objects are called in the audit."""

from __future__ import annotations

from lastmeter.kernel.titles import Title
from lastmeter.server.people.permissions import ACTS

_TITLES: dict[str, Title] = {
    "sign_in": Title("登录", "Sign in"), "sign_in.failed": Title("登录失败", "Failed to sign in"),
    "sign_in.locked": Title("登录被锁", "Locked out"), "sign_out": Title("退出", "Sign out"),
    "people.invite": Title("邀请", "Invite"), "people.accept": Title("接受邀请", "Accept an invitation"),
    "people.link": Title("连接单点登录", "Link single sign-on"),
    "people.invitation_withdraw": Title("收回邀请", "Withdraw an invitation"),
    "people.change": Title("修改员工", "Change a person"), "people.deactivate": Title("停用员工", "Let a person go"),
    "people.reactivate": Title("重新启用员工", "Let a person in again"),
    "holding.appoint": Title("任命", "Appoint"), "holding.end": Title("结束任职", "End a holding"),
    "organisation.department": Title("修改部门", "Change a department"), "organisation.post": Title("修改岗位", "Change a post"),
    "organisation.undo": Title("撤销组织修改", "Undo a change of the organisation"),
    "reveal.unusual": Title("异常查看", "Unusual reveal"), "customer.erased": Title("已删除顾客", "Customer erased"),
    "source.silent": Title("数据源静默", "A source is silent"), "import.finished": Title("导入完成", "An import ended"),
    "rejected.replayed": Title("重放被搁置的行", "Replay what was set aside"),
    "rejected.discarded": Title("丢弃被搁置的行", "Discard what was set aside"),
    "source.secret": Title("更换 webhook 密钥", "Renew a webhook's secret"), "source.set": Title("设置数据源", "Set up a source"),
    "token.given": Title("发放令牌", "Give a token"), "token.withdrawn": Title("收回令牌", "Withdraw a token"),
    "view.delete": Title("删除视图", "Delete a view"), "view.restore": Title("恢复视图", "Restore a view"),
    "audit.who_saw": Title("查询谁看过", "Ask who saw a value"), "expire": Title("到期清理", "Let go of what is too old"),
}
_OBJECTS: dict[str, Title] = {
    "person": Title("员工", "person"), "post": Title("岗位", "post"), "department": Title("部门", "department"),
    "vault": Title("保险库", "vault"), "customer": Title("顾客", "customer"), "journey": Title("旅程", "journey"),
    "flaw": Title("瑕疵", "flaw"), "source": Title("数据源", "source"), "token": Title("令牌", "token"),
    "webhook": Title("Webhook", "webhook"), "blueprint": Title("蓝图", "blueprint"), "batch": Title("批次", "batch"),
    "focus": Title("聚焦项", "focus"), "brief": Title("简报", "brief"), "view": Title("保存的视图", "saved view"),
    "rejected": Title("被搁置的", "set aside"), "audit": Title("审计", "audit"),
    # Tables that were taken out as files.
    "flaws": Title("瑕疵", "flaws"), "will_be_late": Title("可能迟到的旅程", "journeys that may be late"),
    "journeys": Title("旅程", "journeys"), "links": Title("链路", "links"), "pareto": Title("帕累托", "Pareto"),
    "reefs": Title("暗礁", "reefs"), "drivers": Title("驱动因素", "drivers"), "indicators": Title("指标", "indicators"),
    "indicator": Title("指标", "indicator"), "sources": Title("数据源", "sources"),
}


_ACTORS: dict[str, Title] = {
    "command line": Title("命令行", "command line"), "worker": Title("后台", "worker"), "watch": Title("守望", "watch"),
}
"""Who acts without being a person."""


def title_of(act: str) -> Title:
    """What an act is called; its code where nobody named it."""
    if act in ACTS:
        return ACTS[act].title
    return _TITLES.get(act, Title(act, act))


def object_title(object_type: str) -> Title:
    """What a type of object is called."""
    return _OBJECTS.get(object_type, Title(object_type, object_type))


def actor_title(actor: str) -> Title:
    """What an actor is called; a person by name as it is."""
    return _ACTORS.get(actor, Title(actor, actor))
