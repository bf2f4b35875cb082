"""Exports of a made-up Chinese shop as its clerk would save them: a workbook and two files in GBK."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ORDERS = ("订单号", "客户编号", "收货人", "手机号", "收货地址", "城市", "渠道", "下单时间", "付款时间", "发货时间", "签收时间",
    "承诺送达日期", "订单状态", "实付金额")
SCANS = ("运单号", "订单号", "扫描时间", "操作", "网点", "快递公司")
REVIEWS = ("评价编号", "订单号", "评分", "评价内容", "评价时间")
_SAID = ("送货很快，包装也好", "迟到了两天，没有人通知我", "一般般，东西还可以吧", "很满意，下次还会来买", "盒子坏了，客服态度不好")


def write_exports(folder: Path, *, seed: int = 3, orders: int = 120) -> list[Path]:
    """订单.xlsx, 物流轨迹.csv, 评价.csv. Every seventeenth order is cancelled; every second of the others is reviewed."""
    chance = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    placed, scanned, reviewed = [], [], []
    for number in range(orders):
        at = datetime(2025, 3, 1, 8) + timedelta(hours=6 * number, minutes=chance.randrange(300))
        paid = at + timedelta(minutes=chance.randrange(2, 90))
        shipped = paid + timedelta(hours=chance.randrange(4, 40))
        delivered = shipped + timedelta(hours=chance.randrange(20, 80))
        is_cancelled = number % 17 == 3
        order = f"DD2025{number:05d}"
        placed.append((
            order, f"K{number % 61:04d}", chance.choice(("张伟", "李娜", "王芳", "刘洋")), f"138{chance.randrange(10**8):08d}",
            f"解放路{number}号{number % 5}单元", chance.choice(("杭州", "上海", "苏州")), chance.choice(("小程序",
                "天猫")), _time(at), _time(paid),
            "" if is_cancelled else _time(shipped), "" if is_cancelled else _time(delivered), (at + timedelta(days=4)).strftime("%Y-%m-%d"),
            "已取消" if is_cancelled else "已签收", chance.randrange(2000, 40000) / 100))
        if is_cancelled:
            continue
        parcel, carrier = f"YT{chance.randrange(10**10):010d}", chance.choice(("圆通", "中通"))
        way = (("揽收", shipped), ("运输中", shipped + timedelta(hours=5)), ("派送", delivered - timedelta(hours=3)), ("签收", delivered))
        scanned += [(parcel, order, _time(when), what, chance.choice(("杭州中心", "上海一部", "苏州二部")), carrier) for what, when in way]
        if number % 2:
            reviewed.append((f"PJ{number:04d}", order, chance.choice((1, 2, 3, 4, 5, 5)), chance.choice(_SAID),
                             _time(delivered + timedelta(hours=chance.randrange(1, 80)))))
    return [_workbook(folder / "订单.xlsx", ORDERS, placed), _gbk(folder / "物流轨迹.csv", SCANS, scanned), _gbk(folder / "评价.csv",
        REVIEWS, reviewed)]


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _gbk(path: Path, header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Path:
    lines = [",".join(header), *(",".join(str(cell) for cell in row) for row in rows)]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("gbk"))
    return path


def _workbook(path: Path, header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Path:
    from openpyxl import Workbook  # type: ignore[import-untyped]

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "订单"
    for row in (header, *rows):
        sheet.append([None if cell == "" else cell for cell in row])
    book.save(path)
    return path
