"""Masks telephone numbers and postal addresses in free text."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

from shopdata.texts import read_json

PHONE_MASK = "[电话]"
ADDRESS_MASK = "[地址]"

#: Mobile numbers, also in full-width digits, with the country's code and with blanks, dots or hyphens; landlines with
#: an area code. With what follows of them: an extension, or a second number. Never a part of a longer number: order
#: numbers and ids stay.
_PHONE = re.compile(
    r"(?<!\d)(?<!\d-)"
    r"(?:(?:(?:\+|00)?86[- ]?|[(（]\+?86[)）] ?)?[1１][3-9３-９]\d(?:[-. ]?\d{4}){2}"
    r"|[(（]?0(?:10|2\d|[3-9]\d\d)(?:[)）][- ]?|[- ])\d{7,8}|0(?:10|2\d|[3-9]\d\d)[2-9]\d{6,7})"
    r"(?:[-转]\d{1,11})?(?!\d)"
)
#: uid, msg_id, goodsId, order_sn, goodsIds … and the name that a buyer goes by.
_KEPT_KEY = re.compile(r"(?:id|sn)s?$|^nick_?name$", re.IGNORECASE)
#: address, receiverAddress, addr_detail … What stands there in Chinese is one.
_ADDRESS_KEY = re.compile(r"addr(?:ess)?(?:_?detail)?$", re.IGNORECASE)
_HAN = "\u4e00-\u9fff"
_NUMBER = r" ?(?:[A-Za-z甲乙丙]?\d+(?:[-之]\d+)*|[一二三四五六七八九十]{1,3})\s*"
#: Only a house has these.
_IN_A_HOUSE = r"(?:号楼|号院|栋|幢|座|单元|楼|层|室|户)"
_HOUSE = rf"(?:{_IN_A_HOUSE}|号|组|弄|档)"
_BETWEEN = rf"[{_HAN}A-Za-z0-9#-]{{0,20}}?"
#: From a province, city or district, also with blanks or commas between them, down to at least a road, village or
#: building, with what follows of it.
_ADDRESS = re.compile(
    rf"[{_HAN}]{{2,8}}?(?:省|自治区|市|区|县)(?:[{_HAN}]|(?<=[省市区县州镇乡道])[ ,，]){{0,30}}?"
    rf"(?:(?:镇|乡|街道|大道|[一二三四五六七八九十]道|路|街|巷|弄|胡同|村|社区|小区|花园|广场|大厦|公寓|科技园|工业区)"
    rf"{_BETWEEN}{_NUMBER}{_HOUSE}|(?:园|苑|城|庄){_BETWEEN}{_NUMBER}{_IN_A_HOUSE})"
    rf"(?:[{_HAN}A-Za-z0-9#-]{{0,15}}{_NUMBER}{_HOUSE})*[{_HAN}A-Za-z0-9#-]{{0,15}}[A-Za-z0-9#-]*"
)


def mask_text(text: str) -> str:
    """The text with telephone numbers and addresses replaced."""
    return _ADDRESS.sub(ADDRESS_MASK, _PHONE.sub(PHONE_MASK, text))


def mask_value(value: Any, key: str = "") -> Any:
    """The same in every text inside a JSON value, and in numbers that are telephone numbers.

    What stands under a key that names an identifier stays, also where it looks like a telephone number; what stands in
    Chinese under one that names an address goes.
    """
    if isinstance(value, list):
        return [mask_value(part, key) for part in value]
    if isinstance(value, dict):
        return {name: mask_value(part, name) for name, part in value.items()}
    if _KEPT_KEY.search(key):
        return value
    if isinstance(value, str):
        is_address = _ADDRESS_KEY.search(key) and re.search(f"[{_HAN}]", value)
        return ADDRESS_MASK if is_address else _mask_json_or_text(value)
    if isinstance(value, int) and _PHONE.fullmatch(str(value)):
        return PHONE_MASK
    return value


def _mask_json_or_text(text: str) -> str:
    """A card may come as JSON in a text: then its keys tell what is what."""
    if text.lstrip()[:1] in ("{", "["):
        with suppress(ValueError):
            card = read_json(text)
            masked = mask_value(card)
            return text if masked == card else json.dumps(masked, ensure_ascii=False)
    return mask_text(text)
