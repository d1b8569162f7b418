"""What a cell looks like: a name, a number, a date. By that a row of names is told from the rows of values below it."""

from __future__ import annotations

import functools
import re
from enum import IntEnum

from shopdata.excel.tables import Kind


class Look(IntEnum):
    """What a cell looks like. BLANK also stands for dashes and other signs for "nothing"."""

    BLANK = 0
    WORD = 1
    #: A number with a unit behind it: `9秒` among values, `7日` among names.
    UNIT = 2
    NUMBER = 3
    DATE = 4
    BOOL = 5
    #: A name with its value in one cell: `账号：6200…`.
    LABEL = 6


VALUES = frozenset({Look.NUMBER, Look.DATE, Look.BOOL})

_OF_KIND = {Kind.NUMBER: Look.NUMBER, Kind.DATE: Look.DATE, Kind.BOOL: Look.BOOL, Kind.ERROR: Look.BLANK}
_NOTHING = frozenset({"", "-", "--", "---", "—", "——", "/", "\\", "n/a", "na", "#n/a", "null", "none", "nan"})
_NUMBER = re.compile(r"[-+(]?\s?[¥￥$€£]?\s?[-+]?(?:\d[\d,，]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s?[%％‰)]?|'?\d[\d-]{5,}")
_TIME = r"\d{1,2}[:：]\d{2}(?:[:：]\d{2}(?:\.\d+)?)?"
_DATE = re.compile(
    r"(?:(?:\d{4}[-/.年]\d{1,2}(?:[-/.月]\d{1,2}日?|月)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})"
    rf"(?:[ T]+{_TIME}Z?)?|{_TIME})"
    r"(?:\s*(?:至|到|~|～|—)\s*\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?)?"
)
_UNIT = re.compile(r"[-+]?\d[\d,.]*\s?(?P<unit>[^\W\d_]{1,3})")
_LABEL = re.compile(r"[^:：\d]{1,20}[:：](?!//)\s*\S.*", re.DOTALL)
_YEAR = re.compile(r"19[89]\d|20[0-4]\d")

#: What the names of columns end in, in the reports that people bring; they only tip a balance.
_NAME_ENDS = re.compile(
    r"(?:名|名称|姓名|号|编号|序号|码|编码|日期|时间|日|月|月份|年|年份|季度|金额|价|价格|费|费用|数|数量|量|率|额|余额|类|类型|类目|类别|品类"
    r"|状态|备注|说明|店铺|门店|品牌|地址|电话|手机|城市|省份|地区|区域|摘要|库存|单位|规格|型号|颜色|尺码|渠道|来源|链接|标题|内容|评分"
    r"|占比|比例|排名|用途|币种|期间|商品|产品|客户|区间|范围|人|行|方|部门|人员|性别|年龄|id|sku|spu|name|date|time|day|month|year|type|kind|status|state"
    r"|amount|price|cost|qty|quantity|count|total|no|number|code|city|address|phone|email|description|remark|note|title|url|link|key|value"
    r"|category|brand|shop|store|product|item|color|size|unit|rate|score|currency|balance|sales)$"
)


@functools.lru_cache(maxsize=4096)
def _of_text(text: str) -> Look:
    bare = text.strip()
    if bare.casefold() in _NOTHING:
        return Look.BLANK
    if bare[:1].isalpha():  # most names, and nothing that is a number or a date
        return Look.LABEL if _LABEL.fullmatch(bare) else Look.WORD
    if _DATE.fullmatch(bare):
        return Look.DATE
    if _NUMBER.fullmatch(bare):
        return Look.NUMBER
    if _UNIT.fullmatch(bare):
        return Look.UNIT
    return Look.LABEL if _LABEL.fullmatch(bare) else Look.WORD


def look_of(text: str, kind: Kind | None) -> Look:
    """The look of a cell, by its kind where its file knows kinds."""
    if kind is None or kind is Kind.TEXT:
        return _of_text(text)
    return _OF_KIND[kind]


def is_year(text: str) -> bool:
    """True for a number that can be a year of our times."""
    return _YEAR.fullmatch(text.strip()) is not None


def unit_of(text: str) -> str:
    """What stands behind a number; '' if nothing does."""
    match = _UNIT.fullmatch(text.strip())
    return match["unit"] if match else ""


def name_likeness(texts: list[str]) -> float:
    """Which part of some texts (0 to 1) ends as the names of columns do."""
    cores = [re.sub(r"[(（\[【].*$", "", text.strip()).rstrip(":： *").casefold() for text in texts]
    return sum(_NAME_ENDS.search(core) is not None for core in cores) / len(cores) if cores else 0.0
