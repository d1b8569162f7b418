"""Is the XML of a worksheet well-formed? Told from its tags alone, for a reader that never parses it.

What a parser would refuse must not be read because nobody looked: a tag that has no end, two that cross, words between
the cells, an ampersand by itself. Here is what whole-array operations can tell; whatever is not plainly well-formed
raises `UnsupportedXmlError`, and a full parser decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from shopdata.excel.xml.strings import Positions, UnsupportedXmlError, check_entities, taken

_Bytes = npt.NDArray[np.uint8]

#: Tags by their first two bytes -> name. `v/` and its like stand for an element without content.
_NAMES = {"c ": "c", "c>": "c", "v>": "v", "t>": "t", "t ": "t", "ro": "row", "f>": "f", "f ": "f", "is": "is"}
_EMPTY = {"c/": "c", "v/": "v", "t/": "t", "f/": "f"}
_CLOSED = {"/c": "c", "/v": "v", "/t": "t", "/f": "f", "/i": "is", "/r": "row"}
_ELEMENTS = ("row", "c", "v", "t", "f", "is")
OPEN, EMPTY, CLOSE = range(3)
_STEP = len(_ELEMENTS)
#: What may follow what; between rows lies the outside. Whatever else is well-formed is for the full parser.
_CHILDREN = {"row": "c", "c": "v f is", "v": "", "t": "", "f": "", "is": "t"}
_NEXT = {"row": "row", "c": "c", "v": "", "t": "", "f": "v is", "is": ""}
_PARENTS = {"c": "row", "v": "c", "f": "c", "is": "c", "t": "is"}


def _codes() -> _Bytes:
    codes = np.full(1 << 16, 255, np.uint8)
    for kind, names in ((OPEN, _NAMES), (EMPTY, _EMPTY), (CLOSE, _CLOSED)):
        for tag, name in names.items():
            codes[tag.encode()[0] | tag.encode()[1] << 8] = kind * _STEP + _ELEMENTS.index(name)
    return codes


def _allowed() -> npt.NDArray[np.bool_]:
    allowed = np.zeros((3 * _STEP, 3 * _STEP), np.bool_)
    for name in _ELEMENTS:
        place = _ELEMENTS.index(name)
        opened, empty, closed = (kind * _STEP + place for kind in (OPEN, EMPTY, CLOSE))
        allowed[opened, closed] = True
        for child, kind in product(_CHILDREN[name].split(), (OPEN, EMPTY)):
            allowed[opened, kind * _STEP + _ELEMENTS.index(child)] = True
        for last in (empty, closed):
            for follower, kind in product(_NEXT[name].split(), (OPEN, EMPTY)):
                allowed[last, kind * _STEP + _ELEMENTS.index(follower)] = True
            if name in _PARENTS:
                allowed[last, CLOSE * _STEP + _ELEMENTS.index(_PARENTS[name])] = True
    return allowed


def _are(codes: _Bytes, *chosen: int) -> npt.NDArray[np.bool_]:
    """True for these codes. A comparison for each is quicker than looking all up in a table."""
    found: npt.NDArray[np.bool_] = codes == chosen[0]
    for code in chosen[1:]:
        found |= codes == code
    return found


def _code(name: str, kind: int) -> int:
    return kind * _STEP + _ELEMENTS.index(name)


_CODES, _ALLOWED = _codes(), _allowed().ravel()
_HOLDS_TEXT = [_code(name, OPEN) for name in ("v", "t", "f")]
_MAY_BE_EMPTY = [_code(name, OPEN) for name in ("row", "c", "t", "f")]
_ROWS = [_code("row", kind) for kind in (OPEN, EMPTY, CLOSE)]
_ATTRIBUTED = [_code("f", OPEN), _code("f", EMPTY), _code("c", EMPTY)]
_NO_VALUE = _code("c", OPEN) * 3 * _STEP + _code("c", CLOSE)
#: By the same two bytes: from `<` to `>`, where a tag has but one form; 0 where it may have attributes.
_LENGTHS = np.zeros(1 << 16, np.int64)
for _length, _tags in ((2, "c> v> t> f>"), (3, "c/ v/ t/ f/ is /c /v /t /f"), (4, "/i"), (5, "/r")):
    for _tag in _tags.encode().split():
        _LENGTHS[_tag[0] | _tag[1] << 8] = _length


def check_rows(data: _Bytes, raw: bytes, tags: Positions, pairs: npt.NDArray[Any]) -> None:
    """Looks at whole rows.

    Args:
        data: `raw` with zeros behind.
        raw: the XML.
        tags: the places of all `<` in it.
        pairs: the two bytes behind each of them, little end first.

    Raises:
        UnsupportedXmlError: it is not plainly well-formed.
    """
    if not len(tags):
        return
    codes = _CODES.take(pairs)
    if codes.max() == 255:
        raise UnsupportedXmlError("a tag that a plain sheet has not")
    ends = _ends(data, raw, tags, _LENGTHS.take(pairs))
    maybe = np.flatnonzero(_are(codes, *_MAY_BE_EMPTY))
    codes[maybe[data.take(ends.take(maybe) - 1) == 0x2F]] += EMPTY * _STEP
    pairs_of_tags = codes[:-1] * np.uint16(3 * _STEP) + codes[1:]
    if not _ALLOWED.take(pairs_of_tags).all():
        raise UnsupportedXmlError("tags that do not belong together")
    rows = _code("row", OPEN), _code("row", EMPTY), _code("row", CLOSE)
    if codes[0] not in rows[:2] or codes[-1] not in rows[1:]:
        raise UnsupportedXmlError("rows that are not whole")
    _check_names(data, tags, codes)
    _check_between(raw, tags, ends, codes)
    if b"]" in raw and b"]]>" in raw:
        raise UnsupportedXmlError("the end of a section that did not begin")
    _check_formulas(raw, tags, ends, codes)
    attributed = _are(codes, *_ATTRIBUTED)
    attributed[:-1] |= pairs_of_tags == _NO_VALUE
    places = np.flatnonzero(attributed & (ends - tags > 2))
    check_attributes(raw, tags[places] + len("<c"), ends[places] + 1)


def _ends(data: _Bytes, raw: bytes, tags: Positions, lengths: Positions) -> Positions:
    """The `>` of each tag: where its form says, or else right before the next tag, or else wherever the next one is."""
    ends = tags + lengths
    others = np.flatnonzero(lengths == 0)
    following = tags.take(others + 1, mode="clip") - 1
    if others[-1:] == len(tags) - 1:
        following[-1] = len(raw) - 1
    ends[others] = following
    if (data.take(ends) == 0x3E).all():
        return ends
    signs = np.flatnonzero(data == 0x3E)
    places = np.searchsorted(signs, tags)
    if places[-1] == len(signs):
        raise UnsupportedXmlError("a tag without an end")
    ends = signs[places]
    if (ends[:-1] > tags[1:]).any() or ((lengths > 0) & (ends - tags != lengths)).any():
        raise UnsupportedXmlError("a tag without an end, or one of an unusual form")
    return ends


def _check_names(data: _Bytes, tags: Positions, codes: _Bytes) -> None:
    """Names of more than two letters to their ends."""
    rows = tags.take(np.flatnonzero(_are(codes, *_ROWS)))
    at = rows + (data.take(rows + 1) == 0x2F)
    is_row = (data.take(at + 1) == 0x72) & (data.take(at + 2) == 0x6F) & (data.take(at + 3) == 0x77)
    behind = data.take(at + 4)
    if not (is_row & ((behind == 0x3E) | (behind == 0x20) | (behind == 0x2F) | (behind == 0x0A))).all():
        raise UnsupportedXmlError("an element of another name")
    inline = tags[codes == _code("is", CLOSE)]
    if (data.take(inline + 3) != 0x73).any():
        raise UnsupportedXmlError("an element of another name")


def _check_between(raw: bytes, tags: Positions, ends: Positions, codes: _Bytes) -> None:
    """Nothing but blanks stands between tags, except for texts."""
    filled = np.flatnonzero((tags[1:] - ends[:-1] > 1) & ~_are(codes[:-1], *_HOLDS_TEXT))
    found = [raw[: tags[0]].decode(), raw[ends[-1] + 1 :].decode()]
    if len(filled):
        found += pc.unique(taken(raw, ends[filled] + 1, tags[filled + 1])).to_pylist()
    if any(part.strip(" \t\r\n") for part in found):
        raise UnsupportedXmlError("words between the cells")


def _check_formulas(raw: bytes, tags: Positions, ends: Positions, codes: _Bytes) -> None:
    """The texts of formulas are read by nobody."""
    formulas = np.flatnonzero(codes == _code("f", OPEN))
    if len(formulas):
        texts = taken(raw, ends[formulas] + 1, tags[np.minimum(formulas + 1, len(tags) - 1)])
        odd = pc.match_substring_regex(texts, r"[&\x00-\x08\x0b-\x1f]")
        for text in texts.filter(odd).to_pylist():
            check_entities(text)


def check_attributes(raw: bytes, starts: Positions, ends: Positions, before: Sequence[str] = ()) -> None:
    """Looks at tags of rows, and of cells without a value, from behind their names and the attributes `before`.

    Those of cells with a value are looked at where they are read.
    """
    if not len(starts):
        return
    tails = pc.replace_substring_regex(pc.unique(taken(raw, starts, ends)), r'="[^"<&]*"', '=""')
    for tail in pc.unique(tails).to_pylist():
        names = [*before, *re.findall(r'\s([\w:.]+)=""', tail)]
        if not re.fullmatch(r'(?:\s+[\w:.]+="")*\s*/?>\s*', tail) or len(set(names)) < len(names) or "xmlns" in tail:
            raise UnsupportedXmlError("attributes of an unusual form")
