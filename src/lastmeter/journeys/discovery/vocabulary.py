"""The words in which services name things and acts, in English, Chinese and German: `order`, 订单, Bestellung.

One table for both directions: a mapping is proposed from the spellings of columns and values, a blueprint is titled from
the codes of event types.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from lastmeter.kernel.titles import Title

# What a thing is to a service: it runs its course (an order), is served (a customer), is sold, or does the work.
Part = Literal["course", "customer", "goods", "performer", "feedback"]

_WORDS = re.compile(r"[a-zà-ÿ]+|[\u3400-\u9fff]+|[0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_HAN = re.compile(r"[\u3400-\u9fff]")
# A shorter word must be the whole of a column's word; a longer one may begin or end a compound: Liefer-datum.
_COMPOUND = 6


@dataclass(frozen=True, slots=True)
class Thing:
    """A kind of object: its code as an object type, its title, its part, its spellings."""

    code: str
    title: Title
    part: Part
    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happens: its code as the second half of an event type, its title, its spellings."""

    code: str
    title: Title
    spellings: tuple[str, ...]


def _thing(code: str, zh: str, en: str, part: Part, spellings: str) -> Thing:
    return Thing(code, Title(zh, en), part, (code, *spellings.split()))


def _act(code: str, zh: str, en: str, spellings: str) -> Act:
    return Act(code, Title(zh, en), (code, *spellings.split()))


THINGS = (
    _thing("order", "订单", "Order", "course", "orders orderid orderno bestellung bestell auftrag auftrags 订单 下单 交易 trade invoice "
        "rechnung 发票"),
    _thing("parcel", "包裹", "Parcel", "course",
           "parcels package shipment shipments consignment tracking waybill awb sendung sendungs paket"
           " 运单 快递单 包裹 面单 物流单 物流轨迹 物流 配送单"),
    _thing("delivery", "配送", "Delivery", "course", "deliveries lieferung 配送"),
    _thing("visit", "上门", "Visit", "course", "visits appointment booking termin besuch 上门 预约 派工 服务单"),
    _thing("ticket", "工单", "Ticket", "course", "tickets case cases incident incidents issue request vorgang anfrage 工单 案件 事件单 "
        "报修 投诉单"),
    _thing("lesson", "课", "Lesson", "course", "lessons class session unterricht kurs 课程 课堂 课次"),
    _thing("project", "项目", "Project", "course", "projects projekt 项目"),
    _thing("tenancy", "租约", "Tenancy", "course", "contract lease vertrag 租约 合同"),
    _thing("call", "来电", "Call", "course", "calls anruf 来电 通话"),
    _thing("payment", "支付", "Payment", "course", "payments transaction zahlung 支付单 流水 交易流水 付款单"),
    _thing("review", "评价", "Review", "feedback", "reviews feedback survey rating comment bewertung bewertungs 评价 评论 点评 反馈 问卷"),
    _thing("complaint", "投诉", "Complaint", "feedback", "complaints beschwerde reklamation 投诉"),
    _thing("customer", "顾客", "Customer", "customer",
           "customers customerid client clients buyer buyers user users member members patient student tenant guest consumer kunde kunden"
           " 顾客 客户 买家 会员 用户 学员 租户 客人"),
    _thing("product", "商品", "Product", "goods", "products item items sku article goods artikel produkt produkte 商品 货品 产品 品类 "
        "物料"),
    _thing("seller", "卖家", "Seller", "performer", "sellers merchant vendor supplier verkaeufer verkäufer haendler lieferant 卖家 商家 "
        "店铺 供应商 网店"),
    _thing("store", "门店", "Store", "performer", "stores shop branch outlet filiale 门店 分店"),
    _thing("courier", "快递员", "Courier", "performer", "couriers rider driver postman kurier fahrer zusteller 快递员 骑手 司机 派送员 "
        "配送员"),
    _thing("carrier", "承运商", "Carrier", "performer", "carriers logistics spediteur paketdienst versanddienst 快递公司 物流公司 承运商 "
        "物流商"),
    _thing("technician", "师傅", "Technician", "performer", "technicians engineer techniker monteur 师傅 技师 工程师"),
    _thing("agent", "客服", "Agent", "performer", "agents operator assignee handler resource employee staff mitarbeiter bearbeiter 客服 "
        "经办人 处理人 操作员 操作人 员工"),
    _thing("teacher", "老师", "Teacher", "performer", "teachers tutor lehrer 老师 教师"),
    _thing("warehouse", "仓库", "Warehouse", "performer", "warehouses lager 仓库"),
)

ACTS = (
    _act("placed", "下单", "Placed", "ordered purchase purchased submitted bestellt bestelldatum bestellzeit 下单 拍下 提交"),
    _act("created", "创建", "Created", "creation opened registered angelegt erstellt eröffnet 创建 建立 新建 登记 录入"),
    _act("paid", "付款", "Paid", "payment pay bezahlt zahlung 付款 支付"),
    _act("approved", "审核通过", "Approved", "approval confirmed confirmation genehmigt bestätigt bestaetigt 审核 确认 通过"),
    _act("accepted", "接单", "Accepted", "accept acceptance angenommen 接单 受理"),
    _act("assigned", "派工", "Assigned", "assign assignment zugewiesen 分配 派工 派单 指派"),
    _act("picked", "拣货", "Picked", "picking kommissioniert 拣货"),
    _act("packed", "打包", "Packed", "packing verpackt 打包 包装"),
    _act("shipped", "发货", "Shipped", "shipping ship dispatched sent versandt versendet versand versanddatum 发货 寄出 出库"),
    _act("collected", "揽收", "Collected", "pickup collection abgeholt 揽收 揽件 收件"),
    _act("in_transit", "运输中", "In transit", "transit unterwegs 运输中 在途 转运"),
    _act("out_for_delivery", "派送", "Out for delivery", "delivering zustellung 派送 派件 配送中"),
    _act("arrived", "到达", "Arrived", "arrival arrive angekommen ankunft 到达 到店 到场 上门 签到"),
    _act("started", "开始", "Started", "start begin began gestartet beginn 开始 开工 开课"),
    _act("finished", "完工", "Finished", "finish end ended beendet ende 结束 完工 下课"),
    _act("delivered", "签收", "Delivered", "delivery deliver zugestellt geliefert lieferdatum zustelldatum 签收 送达 妥投 收货"),
    _act("completed", "完成", "Completed", "complete completion done abgeschlossen erledigt 完成 办结"),
    _act("resolved", "解决", "Resolved", "resolve resolution solved gelöst geloest 解决"),
    _act("closed", "关闭", "Closed", "close geschlossen 关闭 结案 关单"),
    _act("cancelled", "取消", "Cancelled", "canceled cancel cancellation voided storniert abgebrochen storno 取消 作废 撤单 已撤销"),
    _act("returned", "退货", "Returned", "return retoure zurückgesendet retourniert 退货 退回"),
    _act("refunded", "退款", "Refunded", "refund erstattet erstattung 退款"),
    _act("exchanged", "换货", "Exchanged", "exchange umgetauscht 换货"),
    _act("failed", "失败", "Failed", "failure undelivered fehlgeschlagen 失败 未妥投 拒收"),
    _act("lost", "丢失", "Lost", "missing verloren 丢失 遗失"),
    _act("damaged", "破损", "Damaged", "damage beschädigt beschaedigt 破损 损坏"),
    _act("delayed", "延误", "Delayed", "delay verspätet verspaetet 延误"),
    _act("processing", "处理中", "Processing", "process preparing bearbeitung 处理中 备货"),
    _act("invoiced", "开票", "Invoiced", "invoice berechnet 开票"),
    _act("answered", "评价", "Answered", "answer reviewed review rated written bewertet bewertung beantwortet 评价 评论 回复 点评 回访"),
    _act("asked", "发出邀请", "Asked", "invited survey gebeten 邀请"),
    _act("raised", "提出", "Raised", "reported gemeldet 投诉 报修 提出"),
    _act("booked", "预约", "Booked", "booking gebucht 预约"),
    _act("called", "来电", "Called", "contacted angerufen 来电 致电"),
    _act("notified", "通知", "Notified", "notice notification benachrichtigt 通知"),
    _act("waiting", "等待", "Waiting", "wait pending wartend 等待 挂起"),
    _act("queued", "排队", "Queued", "queue 排队"),
    _act("escalated", "升级", "Escalated", "escalate escalation eskaliert 升级"),
    _act("recorded", "记录", "Recorded", "record logged 记录"),
)

ENDINGS = {"cancelled": ("cancelled", "voided"), "returned": ("returned", "refunded")}
"""Acts that end a journey otherwise than well, by the state of the ending."""
COMPLETIONS = ("delivered", "completed", "resolved", "closed", "finished")
"""Acts that by their meaning complete a journey."""


def words_of(name: str) -> list[str]:
    """A name cut into its words, in lower case: `OrderDate`, `order_date` and `order date` are the same two."""
    return _WORDS.findall(_CAMEL.sub(" ", name).lower())


def mentions(name: str, words: tuple[str, ...]) -> str | None:
    """The longest of the words that a name holds: Han anywhere, a long word also at either end of a compound."""
    return _longest(name, words)


# Names of attributes come from outside too: what is remembered of them has an end.
@lru_cache(maxsize=20_000)
def _longest(name: str, words: tuple[str, ...]) -> str | None:
    parts = words_of(name)
    joined = " ".join(parts)
    found = [word for word in words if _holds(joined, parts, word.replace("_", " "))]
    return max(found, key=len, default=None)


def _holds(joined: str, parts: list[str], word: str) -> bool:
    if _HAN.search(word):
        return word in joined
    if " " in word:
        return f" {word} " in f" {joined} "
    return any(part == word or (len(word) >= _COMPOUND and not _HAN.search(part) and (part.startswith(word) or part.endswith(word)))
               for part in parts)


def thing_in(name: str) -> Thing | None:
    """The thing that a name speaks of: the one whose spelling in it is longest; among equals the one named last."""
    found = [(len(word), _place(name, word), thing) for thing in THINGS if (word := mentions(name, thing.spellings))]
    return max(found, key=lambda one: one[:2])[2] if found else None


def act_in(name: str) -> Act | None:
    """The act that a name speaks of, as `thing_in`."""
    found = [(len(word), _place(name, word), act) for act in ACTS if (word := mentions(name, act.spellings))]
    return max(found, key=lambda one: one[:2])[2] if found else None


def _place(name: str, word: str) -> int:
    return " ".join(words_of(name)).rfind(word.replace("_", " "))


@cache
def thing(code: str) -> Thing | None:
    """The thing of a code."""
    return next((one for one in THINGS if one.code == code), None)


@cache
def act(code: str) -> Act | None:
    """The act of a code."""
    return next((one for one in ACTS if one.code == code), None)


def title_of_type(event_type: str) -> Title:
    """A title for an event type: the table's words where it has them, else the type's own, `take_in_charge` spaced out."""
    known = act(event_type.rpartition(".")[2])
    if known:
        return known.title
    words = event_type.rpartition(".")[2].replace("_", " ").capitalize()
    return Title(words, words)


def title_of_object(object_type: str) -> Title:
    """A title for an object type."""
    known = thing(object_type)
    words = object_type.replace("_", " ").capitalize()
    return known.title if known else Title(words, words)
