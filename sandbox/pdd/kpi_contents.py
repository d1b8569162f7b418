"""What stands in a report of KPI (docs/portals.md 5.2). It follows from seed, shop and range of days alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random

from sandbox.faults import Fault
from sandbox.truth import Truth, Value

ACCOUNT = "客服账号"
# docs/portals.md 5.2: 20 columns of 2024 [S] and two newer ones [C 3]. Their order in the real file was not found.
COLUMNS = (
    ACCOUNT,
    "咨询人数",
    "询单人数",
    "最终成团人数",
    "询单流失人数",
    "询单转化率",
    "客服销售额（元）",
    "人工接待人数",
    "需要人工回复的咨询人数",
    "3分钟未回复人数",
    "3分钟人工回复率(8-23点)",
    "平均人工响应时长",
    "30秒应答率(8-23点)",
    "评分≤3订单数",
    "评分数",
    "评分≤3率",
    "纠纷退款数",
    "投诉数",
    "3分钟人工回复率(全天)",
    "30秒应答率(全天)",
    "客服服务分",
    "去退销售额（元）",
)
REVISED = "去退销售额（元）"
TOTAL, MEAN = "总计", "平均"
_RENAMED = ("咨询人数", "咨询总人数")
_EXTRA = "机器人接待人数"

_COUNTS = {
    "咨询人数",
    "询单人数",
    "最终成团人数",
    "询单流失人数",
    "人工接待人数",
    "需要人工回复的咨询人数",
    "3分钟未回复人数",
    "评分≤3订单数",
    "评分数",
    "纠纷退款数",
    "投诉数",
}
_MONEY = {"客服销售额（元）", "去退销售额（元）"}
_ACCOUNT_NAMES = (
    "主账号",
    "小美",
    "售后-阿强",
    "客服08号",
    "=小鹿",
    "晚班🌙小雨",
    "张三(实习)",
    "售前 01",
    "00123",
    "@值班",
    "李四",
)
CONTENT_FAULTS = frozenset(
    {
        Fault.MISSING_REQUIRED_COLUMN,
        Fault.RENAMED_COLUMN,
        Fault.EXTRA_COLUMN,
        Fault.REORDERED_COLUMNS,
        Fault.CORRUPT_WORKBOOK,
        Fault.KPI_NOT_READY,
    }
)
"""The faults that stay with a file from the moment its link is asked for."""


@dataclass(frozen=True, slots=True)
class KpiKey:
    """Everything that a report follows from; both days are in it. `variant` holds the faults that are in the file."""

    seed: int
    shop_id: str
    shop_number: int
    first: dt.date
    last: dt.date
    variant: frozenset[Fault] = frozenset()
    revisions: int = 0


def kpi_truth(key: KpiKey) -> Truth:
    """Header and rows as the file has them."""
    names = _order(key)
    rows = [] if Fault.KPI_NOT_READY in key.variant else [[row[name] for name in names] for row in _rows(key)]
    return Truth(header=[_written(name, key.shop_number) for name in names], rows=rows)


def _order(key: KpiKey) -> list[str]:
    """The columns in this shop's order, as the faults have them."""
    names = list(COLUMNS)
    if key.shop_number > 1:
        Random(f"{key.seed}/{key.shop_id}/order").shuffle(names)
    if Fault.MISSING_REQUIRED_COLUMN in key.variant:
        names.remove(ACCOUNT)
    if Fault.RENAMED_COLUMN in key.variant:
        names[names.index(_RENAMED[0])] = _RENAMED[1]
    if Fault.EXTRA_COLUMN in key.variant:
        names.insert(7, _EXTRA)
    return names[::-1] if Fault.REORDERED_COLUMNS in key.variant else names


def _written(name: str, shop_number: int) -> str:
    """A column's name as this shop's file has it. docs/portals.md 5.2: brackets of half or full width [C 3, C 2]."""
    match shop_number % 3:
        case 1:
            return name
        case 2:
            return name.translate(str.maketrans("（）", "()"))
        case _:
            return name.translate(str.maketrans("()", "（）"))


def _rows(key: KpiKey) -> list[dict[str, Value]]:
    """One row for each account over the whole range, and 总计 and 平均. docs/portals.md 5.2: 3 to 13 rows [LOG]."""
    of_shop = Random(f"{key.seed}/{key.shop_id}/accounts")
    accounts = of_shop.sample(_ACCOUNT_NAMES, of_shop.randint(1, len(_ACCOUNT_NAMES)))
    random = Random(f"{key.seed}/{key.shop_id}/{key.first}/{key.last}/kpi")
    days = (key.last - key.first).days + 1
    rows = [_row(random, account, days, is_idle=random.randrange(6) == 0) for account in accounts]
    # Which figures Pinduoduo revises was not recorded; that sales less refunds are one, their name says. [A]
    for row in rows:
        row[REVISED] = _plain(_hundredths(row[REVISED]) + key.revisions)
    # That the file has these two rows, and where, is an inference from the page's table. [A]
    total, mean = (_row(random, label, days, is_idle=False) for label in (TOTAL, MEAN))
    for name in (*_COUNTS, *_MONEY):
        total[name] = _plain(sum(_hundredths(row[name]) for row in rows))
        mean[name] = _plain(sum(_hundredths(row[name]) for row in rows) // len(rows))
    rows = [total, mean, *rows] if key.shop_number % 2 == 0 else [*rows, total, mean]
    # Whether counts are numbers or texts was not recorded; here every second shop's are texts. [A]
    if key.shop_number % 2 == 0:
        return [{name: str(value) for name, value in row.items()} for row in rows]
    return rows


def _row(random: Random, account: str, days: int, *, is_idle: bool) -> dict[str, Value]:
    """The values of an account; without conversations, `-` where nothing can be said (docs/portals.md 5.2 [S])."""
    row: dict[str, Value] = {}
    for name in (*COLUMNS, _RENAMED[1], _EXTRA):
        if name == ACCOUNT:
            row[name] = account
        elif name in _COUNTS or name in (_RENAMED[1], _EXTRA):
            row[name] = 0 if is_idle else random.randrange(60 * days)
        elif name in _MONEY:
            # In hundredths of a yuan; docs/portals.md 5.2 [S]: money is plain, as 11715.63.
            row[name] = 0 if is_idle else _plain(random.randrange(900_000 * days))
        elif is_idle:
            row[name] = "-"
        elif name == "平均人工响应时长":
            row[name] = f"{random.randrange(3, 180)}秒"
        elif name == "客服服务分":
            row[name] = _plain(random.randrange(300, 501))
        else:
            row[name] = random.choice(["100.00%", f"{random.randrange(10_000) / 100:.2f}%"])
    return row


def _hundredths(value: Value) -> int:
    return round(float(value or 0) * 100)


def _plain(hundredths: int) -> int | float:
    """A number as a workbook holds it: a whole one is written without a point."""
    return hundredths // 100 if hundredths % 100 == 0 else hundredths / 100
