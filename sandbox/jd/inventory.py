"""JD's supply-chain inventory (docs/portals.md 5.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from random import Random
from typing import ClassVar

from sandbox.jd import columns
from sandbox.jd.ordered import POOL, Group, OrderedReport, ReportKey
from sandbox.truth import Value
from sandbox.world import SHANGHAI

_BRANDS = ("回力", "安踏", "南极人", "云南白药", "三只松鼠", "Ponds & 旁氏", '"晨光"文具', "五芳斋")
_CATEGORIES = (
    ("服饰内衣", "男装", "T恤"),
    ("鞋靴", "流行男鞋", "休闲鞋"),
    ("食品饮料", "休闲食品", "坚果炒货"),
    ("个人护理", "口腔护理", "牙膏"),
    ("家庭清洁/纸品", "纸品湿巾", "抽纸"),
)
_NOUNS = ("经典款帆布鞋", "纯棉短袖T恤", "每日坚果礼盒", "留兰香牙膏", "抽纸 3层<加厚>", "中性笔0.5mm", "肉粽礼盒🎁")
_CITIES = ("北京", "上海", "广州", "成都", "武汉", "沈阳", "西安", "德州")


class Inventory(OrderedReport):
    """The supply-chain report: 112 columns for each article. Its values follow from seed, shop and day alone."""

    dataset = "jd_store"
    cron = "30 8 * * *"
    report_type = "supplyChainPro"
    title = "供应链-商品明细"
    other_title = "供应链商品日报"
    page_path = "/scbrandweb/brand/view/supplyReport/supplyChainPro.html"
    create_path = "/inventoryajax/reportCenter/recommendReport/downloadERPSupplyChainProData.ajax"
    # docs/portals.md 4.3 [C 2]: the keys of the body.
    fixed_fields: ClassVar = {
        "isRdc": "0",
        "brandId": "all",
        "firstCategoryId": "",
        "secondCategoryId": "",
        "thirdCategoryId": "all",
        "skuId": "",
        "skuStatusCd": "",
        "excludeEmpty": "0",
    }
    missing = "SKU"
    renamed = ("可用库存", "可用库存件数")
    extra = "次日达覆盖率"

    def groups(self, key: ReportKey) -> list[Group]:
        """Names and codes are made for each row, the others come from pools, of the shop or of the day."""
        of_shop = Random(f"{key.seed}/{key.shop_id}/shop")
        of_day = Random(f"{key.seed}/{key.shop_id}/{key.day}/day")
        first_sku = of_shop.randrange(1_000_000_000, 100_000_000_000)

        def pool(
            slot: int, names: tuple[str, ...], make: Callable[[Random], tuple[Value, ...]], *, is_of_day: bool
        ) -> Group:
            random = of_day if is_of_day else of_shop
            return Group(names, slot, tuple(make(random) for _ in range(POOL)), is_of_day=is_of_day)

        return [
            Group(columns.DATE, 0, make=lambda _: ((key.shown_day or key.day).isoformat(),)),
            Group(columns.TITLE, 1, make=lambda row: _title(row, first_sku)),
            pool(2, columns.CATALOGUE, lambda random: _catalogue(random, key.shop_name), is_of_day=False),
            pool(3, columns.FLAGS, _flags, is_of_day=False),
            Group(columns.CODES, 4, make=lambda row: _codes(row, first_sku)),
            pool(5, columns.ARTICLE, _article, is_of_day=False),
            pool(6, columns.STOCK, _stock, is_of_day=True),
            pool(7, columns.SALES, lambda random: _counts(random, len(columns.SALES)), is_of_day=True),
            pool(8, columns.AVAILABILITY, _availability, is_of_day=True),
            pool(9, columns.SUPPLY, lambda random: _counts(random, len(columns.SUPPLY)), is_of_day=True),
        ]


def _title(row: int, first_sku: int) -> tuple[Value, ...]:
    noun = _NOUNS[row % len(_NOUNS)]
    # A name that begins with = must not become a formula on its way through Excel files.
    name = f"={noun}*{row}" if row % 50 == 7 else f"{_BRANDS[row % len(_BRANDS)]} {noun} 第{row + 1}款"
    sku = first_sku + row * 7
    # docs/portals.md 5.1 [C 2]: SKU arrives as a number or as text.
    return (name, sku if row % 3 == 1 else str(sku))


def _codes(row: int, first_sku: int) -> tuple[Value, ...]:
    spu = str(first_sku // 10 + row // 3)
    barcodes: tuple[Value, ...] = (f"0{690_000_000_000 + row}", 6_900_000_000_000 + row, f"69{row:011d}", "-", None)
    return (spu, barcodes[row % len(barcodes)])


def _catalogue(random: Random, shop_name: str) -> tuple[Value, ...]:
    # Some supplier codes have 19 digits and are text: as numbers they would lose the last ones.
    code = random.choice(["hlyd", "jdzy01", f"{random.randrange(10**18, 9 * 10**18)}"])
    supplier = random.choice(["上海回力鞋业有限公司", "杭州云商供应链管理有限公司", "供应商A&B（华东）"])
    return (random.choice(_BRANDS), *random.choice(_CATEGORIES), shop_name, code, supplier)


def _flags(random: Random) -> tuple[Value, ...]:
    yes_or_no = [random.choice(["是", "否"]) for _ in range(7)]
    on_shelf = dt.datetime(2023, 1, 1, tzinfo=SHANGHAI) + dt.timedelta(minutes=random.randrange(1_500_000))
    return (
        yes_or_no[0],
        yes_or_no[1],
        random.choice([0, random.randrange(5000), "-", None]),
        yes_or_no[2],
        yes_or_no[3],
        yes_or_no[4],
        random.choice(["上柜", "下柜"]),
        random.choice([f"{on_shelf:%Y-%m-%d %H:%M:%S}", None]),
        yes_or_no[5],
        yes_or_no[6],
    )


def _article(random: Random) -> tuple[Value, ...]:
    # In hundredths of a yuan: whole prices, those ending in .90, and odd ones.
    price = random.choice(
        [random.randrange(9, 999) * 100, random.randrange(9, 999) * 100 + 90, random.randrange(99_900)]
    )
    sizes = [_decimal(random.randrange(10, 6000), 10) for _ in range(3)]
    return (
        _decimal(price, 100),
        random.choice([_decimal(price * 6, 1000), "-"]),
        random.choice(["全国网", "区域网", "城市仓"]),
        random.choice([0, 180, 365, 1095, None]),
        *sizes,
        _decimal(random.randrange(50, 30_000), 1000),
        random.choice(["A", "B", "C", "D", "-"]),
        random.choice(["A", "B", "C", "D", "-"]),
    )


def _stock(random: Random) -> tuple[Value, ...]:
    city = random.choice(_CITIES)
    return (city, f"{city}配送中心", *_counts(random, len(columns.STOCK) - 2))


def _availability(random: Random) -> tuple[Value, ...]:
    return (
        *(random.randrange(int(days) + 1) for days in ("7", "14", "28", "30")),
        random.choice([_decimal(random.randrange(9999), 10), "-"]),
        random.randrange(300),
        random.randrange(9000),
        # docs/portals.md does not say how rates are written here; a number in one column, a text in the other. [A]
        random.choice([_decimal(random.randrange(10_001), 10_000), "-"]),
        f"{random.randrange(10_001) / 100:.2f}%",
        *_counts(random, 2),
    )


def _counts(random: Random, how_many: int) -> tuple[Value, ...]:
    """Numbers of pieces: mostly small, sometimes large, here and there `-` or nothing."""
    values: list[Value] = []
    for _ in range(how_many):
        kind = random.randrange(20)
        if kind == 0:
            values.append("-")
        elif kind == 1:
            values.append(None)
        else:
            values.append(random.randrange(100_000 if kind == 2 else 500))
    return tuple(values)


def _decimal(units: int, per: int) -> int | float:
    """A decimal as a workbook holds it: a whole number is written without a point."""
    return units // per if units % per == 0 else units / per
