"""The shared strings of a workbook, taken apart with whole-array operations instead of a parser."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shopdata.excel.xml.strings import (
    Frame,
    Positions,
    UnsupportedXmlError,
    check_utf8,
    has_other_encoding,
    plain_text,
    plain_texts,
    slices,
    taken,
    text_starts,
)
from shopdata.texts import replace_illegal

_PHONETIC = re.compile(r"<rPh\b.*?</rPh>", re.DOTALL)

_RICH_TEXT = re.compile(r"<t(?:\s[^>]*)?>([^<]*)</t>")

_PREFIXED = re.compile(r"<[\w.-]+:|<[^>]*\sxmlns")


class SharedStrings:
    """`xl/sharedStrings.xml`, read piece by piece.

    `texts` is one Arrow array (empty strings are null), `illegal` the numbers of those with replaced characters.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        found: list[pa.Array] = []
        self._illegal: list[Positions] = []
        self._done = 0
        held = b""
        self._frame = Frame()
        for piece in pieces:
            if not self._done and not held and (b"<sst" not in piece[:1000] or has_other_encoding(piece)):
                raise UnsupportedXmlError("no <sst> at the beginning, or another encoding")
            held += piece
            cut = held.rfind(b"</si>") + 5
            if cut > 4:
                found.append(self._scan(held[:cut]))
                self._done += len(found[-1])
                held = held[cut:]
        if b"<si>" in held or (found and b"</sst>" not in held):
            raise UnsupportedXmlError("the shared strings end too early")
        if not found and b"<si" in held.replace(b"<si/>", b""):
            raise UnsupportedXmlError("shared strings with a prefix or attributes")
        self._frame.add(held, is_last=True)
        self.texts: pa.Array = pa.concat_arrays(found) if found else pa.array([], pa.string())
        self.illegal = np.concatenate([np.zeros(0, np.intp), *self._illegal])

    def _scan(self, raw: bytes) -> pa.Array:
        check_utf8(raw)
        data = np.frombuffer(raw + b"\0" * 8, np.uint8)
        tags = np.flatnonzero(data == 0x3C)
        first, second, third = (data.take(tags + step) for step in (1, 2, 3))
        if (first == 0x21).any():
            raise UnsupportedXmlError("a comment, a section or a document type among the shared strings")
        is_item = (first == 0x73) & (second == 0x69) & (third == 0x3E)
        is_text = (first == 0x74) & ((second == 0x3E) | (second == 0x20))
        is_end = (first == 0x2F) & (second == 0x73) & (third == 0x69)
        items, texts, ends = np.flatnonzero(is_item), np.flatnonzero(is_text), np.flatnonzero(is_end)
        if len(items) != len(ends) or (items >= ends).any() or (items[1:] < ends[:-1]).any():
            raise UnsupportedXmlError("shared strings are nested")
        begins_well = items[0] == 0 if self._done else raw[tags[items[0] - 1] :].startswith(b"<sst")
        if not begins_well or (items[1:] != ends[:-1] + 1).any():
            raise UnsupportedXmlError("shared strings with something around them")
        if (data[tags[ends] + 4] != 0x3E).any():
            raise UnsupportedXmlError("an end of an unusual form")
        self._check_around(raw, tags[items], tags[ends] + 5)
        owners = np.searchsorted(items, texts, "right") - 1
        if (owners < 0).any():
            raise UnsupportedXmlError("text before the first shared string")
        # Plain: <si><t>...</t></si>, three tags from <si> to </si>, or none for an empty one.
        begin, end = tags[items] + 4, tags[items] + 4
        is_plain = np.zeros(len(items), np.bool_)
        single = np.bincount(owners, minlength=len(items)) == 1
        of_single = texts[single[owners]]
        is_plain[single] = (of_single == items[single] + 1) & (ends[single] == items[single] + 3)
        is_plain[is_plain] = _are_tight(data, tags, items[is_plain])
        plain_tags = texts[is_plain[owners]]
        begin[is_plain] = text_starts(data, raw, tags[plain_tags])
        end[is_plain] = tags[plain_tags + 1]
        even = pa.array(np.arange(0, 2 * len(items), 2, dtype=np.int32))
        values, illegal = plain_texts(slices(raw, begin, end).take(even))
        self._illegal.append(illegal + self._done)
        rich = np.flatnonzero(~is_plain)
        whole = b"".join(raw[tags[items[n]] : tags[ends[n]] + 5] for n in rich)
        Frame().add(b"<sst>" + whole + b"</sst>", is_last=True)
        return (
            self._with_rich(values, rich, [raw[tags[items[n]] : tags[ends[n]]] for n in rich]) if len(rich) else values
        )

    def _check_around(self, raw: bytes, begins: Positions, ends: Positions) -> None:
        """Nothing but blanks between the strings; what stands before the first one is for the parser."""
        if not self._done:
            self._frame.add(raw[: begins[0]])
        starts = np.concatenate(([0 if self._done else begins[0]], ends))
        between = pc.unique(taken(raw, starts, np.append(begins, len(raw)))).to_pylist()
        if any(part.strip() for part in between):
            raise UnsupportedXmlError("words between the shared strings")

    def _with_rich(self, values: pa.Array, places: Positions, parts: list[bytes]) -> pa.Array:
        texts: list[str | None] = []
        for place, part in zip(places.tolist(), parts, strict=True):
            text, count = replace_illegal(rich_text(part.decode()))
            if count:
                self._illegal.append(np.array([place + self._done]))
            texts.append(text or None)
        mask = np.zeros(len(values), np.bool_)
        mask[places] = True
        return pc.replace_with_mask(values, pa.array(mask), pa.array(texts, pa.string()))


def _are_tight(data: npt.NDArray[np.uint8], tags: Positions, items: Positions) -> npt.NDArray[np.bool_]:
    """For each `<si>` whether `<t>` follows at once, and `</si>` at once behind `</t>`."""
    closing = tags[items + 2]
    is_text = (data[closing + 1] == 0x2F) & (data[closing + 2] == 0x74) & (data[closing + 3] == 0x3E)
    return np.asarray(is_text & (tags[items + 1] == tags[items] + 4) & (tags[items + 3] == closing + 4), np.bool_)


def rich_text(xml: str) -> str:
    """All runs of a rich text as one text; phonetic hints are no part of it."""
    if _PREFIXED.search(xml):
        raise UnsupportedXmlError("elements of another namespace in a text")
    shown = _PHONETIC.sub("", xml)
    runs = _RICH_TEXT.findall(shown)
    if len(runs) != len(re.findall(r"<t[\s>]", shown)):
        raise UnsupportedXmlError("a text with something in it")
    return "".join(map(plain_text, runs))
