"""From a cell, or what somebody has typed, to the value of a field. Nothing of a password is changed, ever."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches

from shopdata.config import Config, platforms
from shopdata.config.env_values import blemish
from shopdata.excel.assembly.plain import PlainCell
from shopdata.excel.tables import Kind
from shopdata.shops.mistakes import OddValueError
from shopdata.wording.texts import TAGS

#: More than this is no value of ours; PostgreSQL's column has as much room for a name.
_LONGEST = 255
#: Digits of a number that Excel keeps.
_EXACT_DIGITS = 15
#: Letters and digits of a Chinese keyboard; brackets and colons may be a part of a user name.
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code - 0xFEE0).isalnum()} | {
    ord(sign): ord(sign) - 0xFEE0 for sign in "＠．＿－"
}
_YES = frozenset(("是", "启用", "已启用", "yes", "y", "true", "1", "on", "enabled", "√", "✓", "对"))
_NO = frozenset(("否", "停用", "已停用", "禁用", "no", "n", "false", "0", "off", "disabled", "×", "x"))
_ALL = frozenset(("全部", "所有", "all", "*"))
#: Takes back what an optional field holds.
_NOTHING = frozenset(("-", "—", "无", "none"))
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00)?)?|(\d{4})(\d{2})(\d{2})")


def cell_text(cell: PlainCell, field: str) -> str:
    """What a person has typed into a cell, as far as the file still knows it.

    Raises:
        OddValueError: Excel has made something else of it.
    """
    kind, text = cell.format.kind, cell.text
    if kind is Kind.ERROR:
        raise OddValueError("mistake.error_cell", found=text)
    if kind is Kind.DATE and field != "since":
        raise OddValueError("mistake.date_cell")
    if kind is Kind.BOOL and field != "enabled":
        raise OddValueError("mistake.bool_cell")
    if kind is Kind.NUMBER:
        return _digits(text, cell.format.number_format)
    if field in ("username", "password") and re.fullmatch(r"\d(?:\.\d+)?E\+\d{2,}", text):
        # A CSV that Excel has saved.
        raise OddValueError("mistake.cut_number")
    return text


def _digits(text: str, number_format: str) -> str:
    """A number cell as it is shown: whole ones digit for digit, with the zeros that its format puts before."""
    whole = re.fullmatch(r"(\d+)(?:\.0+)?", text)
    if whole is None:
        if "E" in text.upper():
            raise OddValueError("mistake.cut_number")
        return text
    digits = whole[1]
    if len(digits) > _EXACT_DIGITS:
        raise OddValueError("mistake.cut_number")
    return digits.zfill(len(number_format)) if re.fullmatch("0+", number_format) else digits


def trimmed(text: str) -> str:
    """Without blanks around it, and signs that nobody sees at its ends."""
    return text.strip().strip("\ufeff\u200b\u200c\u200d\u2060").strip()


def value_of(field: str, text: str, config: Config) -> object:
    """The value of a field as `Shop` has it; the text is not blank.

    Raises:
        OddValueError: it is none.
    """
    if field == "password":
        return _secret(text)
    text = trimmed(text)
    if len(text) > _LONGEST and field != "datasets":
        raise OddValueError("mistake.too_long", most=_LONGEST)
    if field not in ("username", "name") and text.casefold() in _NOTHING:
        return None
    match field:
        case "username":
            return _secret(text.translate(_WIDE))
        case "id" | "group":
            return _id(text)
        case "platform":
            return _platform(text)
        case "datasets":
            return _datasets(text, config)
        case "since":
            return _day(text)
        case "enabled":
            return _flag(text)
    return _shown(text)


def _secret(text: str) -> str:
    if len(text) > _LONGEST:
        raise OddValueError("mistake.too_long", most=_LONGEST)
    if blemish(text):
        raise OddValueError("mistake.blank_end")
    return text


def _shown(text: str) -> str:
    for sign in text:
        kind = unicodedata.category(sign)
        if kind in ("Cc", "Cs", "Zl", "Zp") or (kind == "Cf" and sign not in "\u200c\u200d"):
            raise OddValueError("mistake.unseen", sign=f"U+{ord(sign):04X}")
    return text


def _id(text: str) -> str:
    found = unicodedata.normalize("NFKC", text).lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", found):
        raise OddValueError("mistake.bad_id", found=text)
    return found


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _platform(text: str) -> str:
    names: dict[str, str] = {}
    for name, platform in platforms().items():
        names.update(dict.fromkeys(map(_plain, (name, *(platform.title(code) for code in TAGS))), name))
    found = names.get(_plain(text))
    if found is None:
        shown = ", ".join(f"{platform.title('zh')} ({name})" for name, platform in platforms().items())
        raise OddValueError("mistake.unknown_platform", found=text, known=shown)
    return found


def _datasets(text: str, config: Config) -> tuple[str, ...] | None:
    if _plain(text) in _ALL:
        return None
    names = _dataset_names(config)
    found: dict[str, None] = {}
    for part in filter(None, re.split(r"[,，、;；/\s]+", text)):
        name = names.get(_plain(part))
        if name is None:
            close = get_close_matches(part, config.datasets, n=1) or sorted(config.datasets)
            raise OddValueError("mistake.unknown_dataset", found=part, known=", ".join(close))
        found[name] = None
    return tuple(found)


def _dataset_names(config: Config) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, dataset in config.datasets.items():
        found.update({_plain(name): name, _plain(dataset.title): name})
    return found


def _day(text: str) -> date:
    match = _DAY.fullmatch(unicodedata.normalize("NFKC", text))
    try:
        year, month, day = [int(part) for part in match.groups() if part] if match else (0, 0, 0)
        return date(year, month, day)
    except ValueError:
        raise OddValueError("mistake.bad_day", found=text) from None


def _flag(text: str) -> bool:
    found = _plain(text)
    if found in _YES or found in _NO:
        return found in _YES
    raise OddValueError("mistake.bad_flag", found=text)
