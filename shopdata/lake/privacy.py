"""Masks telephone numbers and postal addresses in free text."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

PHONE_MASK = "[电话]"
ADDRESS_MASK = "[地址]"

#: Mobile numbers, also with +86 and with blanks or hyphens; landlines with an area code. Never a part of a longer
#: number: order numbers and ids stay.
_PHONE = re.compile(r"(?<![\d-])(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?![\d-])|(?<![\d-])0\d{2,3}-\d{7,8}(?![\d-])")
#: uid, msg_id, goodsId, order_sn, goodsIds …
_ID_KEY = re.compile(r"(?:id|sn)s?$", re.IGNORECASE)
_HAN = "\u4e00-\u9fff"
#: From a province, city or district down to at least a road, village or building, with what follows of it.
_ADDRESS = re.compile(
    rf"[{_HAN}]{{2,8}}?(?:省|自治区|市|区|县)[{_HAN}]{{0,20}}?"
    rf"(?:镇|乡|街道|路|街|巷|弄|村|小区|花园|广场|大厦|公寓)"
    rf"[{_HAN}A-Za-z0-9#-]{{0,20}}?(?:\d+\s*(?:号楼|号院|号|栋|幢|座|单元|楼|层|室|户|组|弄)[{_HAN}A-Za-z0-9#-]{{0,15}})+"
)


def mask_text(text: str) -> str:
    """The text with telephone numbers and addresses replaced."""
    return _ADDRESS.sub(ADDRESS_MASK, _PHONE.sub(PHONE_MASK, text))


def mask_value(value: Any, key: str = "") -> Any:
    """The same in every text inside a JSON value, and in numbers that are telephone numbers.

    What stands under a key that names an identifier stays, also where it looks like a telephone number.
    """
    if isinstance(value, list):
        return [mask_value(part, key) for part in value]
    if isinstance(value, dict):
        return {name: mask_value(part, name) for name, part in value.items()}
    if _ID_KEY.search(key):
        return value
    if isinstance(value, str):
        return _mask_json_or_text(value)
    if isinstance(value, int) and _PHONE.fullmatch(str(value)):
        return PHONE_MASK
    return value


def _mask_json_or_text(text: str) -> str:
    """A card may come as JSON in a text: then its keys tell what is what."""
    if text.lstrip()[:1] in ("{", "["):
        with suppress(ValueError):
            card = json.loads(text)
            masked = mask_value(card)
            return text if masked == card else json.dumps(masked, ensure_ascii=False)
    return mask_text(text)
