"""Who may do what: one table of acts and roles, and how far a person's view reaches. Checked in actions, on the object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from lastmeter.journeys.facts import Facts
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import Title

if TYPE_CHECKING:
    from lastmeter.server.people.models import Person

Role = Literal["owner", "manager", "analyst", "agent", "field", "viewer", "third_party"]
ROLES: dict[Role, Title] = {
    "owner": Title("所有者", "Owner"),
    "manager": Title("经理", "Manager"),
    "analyst": Title("分析", "Analyst"),
    "agent": Title("客服", "Agent"),
    "field": Title("一线", "Field"),
    "viewer": Title("只读", "Viewer"),
    "third_party": Title("第三方", "Third party"),
}
_ALL: tuple[Role, ...] = get_args(Role)
_INSIDE: tuple[Role, ...] = ("owner", "manager", "analyst", "agent", "field", "viewer")
_STEER: tuple[Role, ...] = ("owner", "manager")


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a person does or looks at."""

    code: str
    title: Title
    roles: tuple[Role, ...]


ACTS: dict[str, Act] = {act.code: act for act in (
    Act("see.board", Title("看总览", "See the board"), _ALL),
    Act("see.journeys", Title("看旅程", "See journeys"), _ALL),
    Act("see.flaws", Title("看瑕疵", "See flaws"), _ALL),
    Act("see.diagnosis", Title("看帕累托、暗礁、驱动因素", "See Pareto, reefs, drivers"), ("owner", "manager", "analyst", "viewer")),
    Act("see.indicators", Title("看指标", "See indicators"), _INSIDE),
    Act("see.focus", Title("看聚焦项", "See the focus list"), _INSIDE),
    Act("see.brief", Title("看简报", "See the brief"), _INSIDE),
    Act("see.sources", Title("看数据源", "See sources"), ("owner", "manager", "analyst")),
    Act("see.blueprints", Title("看蓝图", "See blueprints"), _INSIDE),
    Act("see.people", Title("看员工", "See people"), ("owner", "manager")),
    Act("see.audit", Title("看审计", "See the audit"), ("owner",)),
    Act("export", Title("导出", "Export"), ("owner", "manager", "analyst")),
    Act("view.save", Title("保存视图", "Save a view"), _INSIDE),
    Act("focus.choose", Title("选聚焦项", "Choose a focus"), _STEER),
    Act("brief.publish", Title("发布简报", "Publish a brief"), _STEER),
    Act("flaw.note", Title("处理瑕疵", "Take on a flaw"), ("owner", "manager", "agent", "field")),
    Act("import", Title("导入文件", "Import files"), ("owner", "manager", "analyst")),
    Act("import.undo", Title("撤销导入", "Undo an import"), _STEER),
    Act("rejected.mend", Title("修正被搁置的行", "Mend what was set aside"), ("owner", "manager", "analyst")),
    Act("rejected.see", Title("看被搁置的原文", "See what was set aside as it came"), ("owner", "manager")),
    Act("source.edit", Title("改数据源映射", "Edit a source's mapping"), ("owner", "manager", "analyst")),
    Act("token.edit", Title("发放和收回令牌", "Give and withdraw tokens"), ("owner",)),
    Act("webhook.edit", Title("设置 webhook", "Set up webhooks"), ("owner",)),
    Act("blueprint.edit", Title("改蓝图", "Edit a blueprint"), _STEER),
    Act("people.edit", Title("管理员工和岗位", "Manage people and posts"), ("owner",)),
    Act("holding.edit", Title("安排岗位由谁担任", "Say who holds a post"), _STEER),
    Act("reveal", Title("显示个人数据", "Reveal personal data"), ("owner", "manager", "agent", "field")),
    Act("customer.see", Title("查看一位顾客", "Look a customer up"), ("owner", "manager", "agent")),
    Act("customer.export", Title("导出一位顾客的数据", "Export one customer's data"), ("owner",)),
    Act("customer.erase", Title("删除一位顾客", "Erase one customer"), ("owner",)),
    Act("self", Title("自己的账户", "One's own account"), _ALL),
)}
"""Every act, by code. Whoever adds a page or an act adds a line here, and nowhere else."""


def may(person: Person, act: str) -> bool:
    """Whether the person's role allows the act."""
    return bool(person.is_active) and person.role in ACTS[act].roles


def demand(person: Person, act: str, *, brands: Iterable[str | None] = (), performers: Iterable[str | None] = ()) -> None:
    """Refuse what the person may not do, or not to an object of these brands or performers.

    Raises:
        LastMeterError: `people.not_allowed`.
    """
    reach = reach_of(person)
    if may(person, act) and reach.covers(brands, performers):
        return
    raise LastMeterError(
        "people.not_allowed", Title("您的角色没有这项权限：{act}", "Your role does not have this permission: {act}"),
        Title("请所有者在“员工”里调整角色或品牌范围", "Ask an owner to change your role or brands under People"),
        act=ACTS[act].title,
    )


NOBODY = "\ufffe nobody"
"""A performer that no source can name, and that every database can hold."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a person's view reaches; empty: everywhere. Part of the key of every figure that is kept."""

    brands: tuple[str, ...] = ()
    performers: tuple[str, ...] = ()

    def covers(self, brands: Iterable[str | None], performers: Iterable[str | None]) -> bool:
        """Whether an object of these brands and performers lies within; one that has none of what is scoped does not."""
        return all(
            not allowed or all(one in allowed for one in asked)
            for allowed, asked in ((self.brands, brands), (self.performers, performers))
        )

    def narrow(self, facts: Facts) -> Facts:
        """The facts within reach."""
        if self.brands:
            facts = facts.where(brand=list(self.brands))
        if self.performers:
            facts = facts.where(performer=list(self.performers))
        return facts


def reach_of(person: Person) -> Reach:
    """The brands of the person; of a third party also its own name as performer, and nothing where it has none."""
    brands = tuple(sorted(person.brands))
    if person.role != "third_party":
        return Reach(brands)
    return Reach(brands, (person.performer or NOBODY,))
