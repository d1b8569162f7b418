"""The 112 columns of JD's supply-chain inventory (docs/portals.md 5.1), in groups that stand side by side."""

from __future__ import annotations

# docs/portals.md 7: the order of the columns in the real file was not found; this is that of the one list.

_SPANS = ("昨日", "近7日", "近14日", "近28日", "近30日", "近60日", "近90日", "月至今")
_OUTBOUND = ("出库", "收货地", "厂直出库", "VMI出库")
_STOCK_DAYS = ("7", "14", "28", "30")
_SUPPLY_SPANS = ("昨日", "近7日", "近14日", "近28日", "近30日", "月至今")
_SUPPLY = ("采购入库", "采购下单", "退供应商")
# docs/portals.md 5.1 writes these five as one entry; that they are five columns follows from the count of 112. [A]
_BULKY_SPANS = ("7天内", "8-14天", "15-21天", "22-28天", "28天以上")

DATE = ("时间",)
TITLE = ("商品名称", "SKU")
CATALOGUE = ("品牌", "一级类目", "二级类目", "三级类目", "店铺名称", "供应商简码", "供应商名称")
FLAGS = (
    "是否售完即止",
    "是否厂直",
    "全国厂直可用库存",
    "是否影分身",
    "是否虚拟组套",
    "是否虚拟品类",
    "上下柜状态",
    "上柜时间",
    "是否平行库存",
    "是否赠品",
)
CODES = ("SPU编码", "条形码")
ARTICLE = (
    "京东价",
    "全国采购价",
    "仓网类型",
    "保质期",
    "长度",
    "宽度",
    "高度",
    "重量",
    "全国7日三级销量band",
    "全国28日三级销量band",
)
STOCK = (
    "RDC",
    "配送中心",
    "库存件数",
    "现货库存",
    "内配在途库存",
    "内配入",
    "内配出",
    "已锁定",
    "可用库存",
    "采购未到货",
    "可订购库存",
    "订单预定",
    "VMI库存",
    "不可售",
    *(f"大件{span}待预占数量" for span in _BULKY_SPANS),
)
SALES = tuple(f"{span}{kind}商品件数" for span in _SPANS for kind in _OUTBOUND)
AVAILABILITY = (
    *(f"{days}日有货天数" for days in _STOCK_DAYS),
    "预计可售天数",
    "无货pv",
    "月至今无货pv",
    "PV现货率",
    "月至今pv现货率",
    "采购未到货-已回告",
    "采购未到货-已预约",
)
SUPPLY = tuple(f"{span}{kind}件数" for span in _SUPPLY_SPANS for kind in _SUPPLY)

COLUMNS = (*DATE, *TITLE, *CATALOGUE, *FLAGS, *CODES, *ARTICLE, *STOCK, *SALES, *AVAILABILITY, *SUPPLY)
