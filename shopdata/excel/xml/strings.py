"""Text out of XML: entities, `_x000D_` escapes, characters that XML forbids."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.entities import html5
from typing import Any
from xml.parsers import expat

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shopdata.texts import ILLEGAL, replace_illegal

Positions = npt.NDArray[np.intp]

_ENTITY = re.compile(r"&(#\d+|#[xX][0-9a-fA-F]+|\w+);")
_BARE = re.compile(r"&(?!(?:#\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos);)")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
#: The same question for RE2: does a text hold anything that `plain_text` or `replace_illegal` would change?
_BUT_ENTITIES = r"[\x00-\x08\x0b-\x1f\x{fffe}\x{ffff}]|_x[0-9A-Fa-f]{4}_"
SPECIAL = f"&|{_BUT_ENTITIES}"
#: The sign of all others comes last: what it makes is not looked at again.
_NAMED_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
_TEXT_TAG = re.compile(r'<t(?: (?:xml:)?[A-Za-z_]\w*="[^"<&]*")*\s*>', re.ASCII)
_PRESERVED = len(b'<t xml:space="preserve">')


class UnsupportedXmlError(Exception):
    """Raised when XML is not of the plain form that the fast reader knows; a full XML parser takes over."""


def slices(data: bytes, starts: Positions, ends: Positions) -> pa.Array:
    """2n - 1 texts, without copying: number 2*i is `data[starts[i]:ends[i]]`, the odd ones are what lies between.

    `starts` and `ends` must not overlap and must grow. Take the even ones before anything else is done.
    """
    offsets = np.empty(2 * len(starts), np.int32)
    offsets[0::2], offsets[1::2] = starts, ends
    return pa.Array.from_buffers(pa.string(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def taken(data: bytes, starts: Positions, ends: Positions) -> pa.Array:
    """The n texts `data[starts[i]:ends[i]]` alone."""
    even = pa.array(np.arange(0, 2 * len(starts), 2, dtype=np.int32))
    return slices(data, starts, ends).take(even)


class Frame:
    """What stands around the rows or texts of a part, given to a parser. Raises UnsupportedXmlError if it is no XML."""

    def __init__(self) -> None:
        self._parser: Any = expat.ParserCreate()

    def add(self, piece: bytes, *, is_last: bool = False) -> None:
        """Takes the next piece."""
        try:
            self._parser.Parse(piece, is_last)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise UnsupportedXmlError(str(error)) from None


def has_other_encoding(beginning: bytes) -> bool:
    """True if XML says of itself that it is not UTF-8."""
    declared = re.match(rb"""\s*(?:\xef\xbb\xbf)?<\?xml[^>]*encoding=["']([\w-]+)["']""", beginning)
    return declared is not None and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii")


def check_utf8(data: bytes) -> None:
    """Raises UnsupportedXmlError for bytes that are not UTF-8."""
    offsets = pa.py_buffer(np.array([0, len(data)], np.int32))
    try:
        pa.Array.from_buffers(pa.binary(), 1, [None, offsets, pa.py_buffer(data)]).cast(pa.string())
    except pa.ArrowInvalid as error:
        raise UnsupportedXmlError(str(error)) from None


def check_entities(raw: str) -> None:
    """Raises UnsupportedXmlError for text between tags that no XML may hold: controls, a bare `&`, unknown entities."""
    if ILLEGAL.search(raw) or _BARE.search(raw):
        raise UnsupportedXmlError("a character that XML forbids, or an ampersand by itself")
    for number in re.findall(r"&#(x[0-9a-fA-F]+|\d+);", raw):
        code = int(number[1:], 16) if number[0] == "x" else int(number)
        # Half a surrogate pair is what portals leave of a text that they cut: a reader of cells sees to it.
        if code > 0x10FFFF or (ILLEGAL.search(chr(code)) and not 0xD800 <= code <= 0xDFFF):
            raise UnsupportedXmlError("a number of no character")


def _entity(match: re.Match[str]) -> str:
    name = match[1]
    if name[0] == "#":
        return chr(int(name[2:], 16) if name[1] in "xX" else int(name[1:]))
    if name not in ("amp", "lt", "gt", "quot", "apos"):
        raise UnsupportedXmlError(f"entity {name!r}")
    return html5[f"{name};"]


def plain_text(raw: str, *, is_decoded: bool = False) -> str:
    """Text as it stands between two tags of a workbook -> the text that is meant.

    `is_decoded` says that an XML parser has dealt with entities and line ends already.
    """
    text = raw
    if not is_decoded:
        check_entities(raw)
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if "&" in text:
            text = _ENTITY.sub(_entity, text)
    if "_x" in text:
        text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return text


def plain_texts(raw: pa.Array) -> tuple[pa.Array, Positions]:
    """A column of n raw texts -> n texts, and the place (`intp`) of each illegal character that was replaced.

    Empty becomes null.
    """
    data = np.frombuffer(raw.buffers()[2] or b"", np.uint8)
    illegal = np.zeros(0, np.intp)
    # Most columns have nothing to decode; one look at the bytes tells.
    if _has_special(data):
        mask = pc.match_substring_regex(raw, SPECIAL)
        special = raw.filter(mask)
        if _has_named_entities_only(special):
            return blank_to_null(pc.replace_with_mask(raw, mask, _named_decoded(special))), illegal
        distinct = special.dictionary_encode()
        decoded = [replace_illegal(plain_text(value)) for value in distinct.dictionary.to_pylist()]
        texts = pa.array([text for text, _ in decoded], pa.string())
        if any(count for _, count in decoded):
            counts = np.array([count for _, count in decoded])[distinct.indices.to_numpy()]
            illegal = np.repeat(np.flatnonzero(mask.to_numpy(zero_copy_only=False)), counts)
        raw = pc.replace_with_mask(raw, mask, texts.take(distinct.indices))
    return blank_to_null(raw), illegal


def _has_named_entities_only(texts: pa.Array) -> bool:
    """True if all that must be decoded is `&amp;` and its four fellows, as in titles and addresses of pages."""
    if pc.any(pc.match_substring_regex(texts, _BUT_ENTITIES), min_count=0).as_py():
        return False
    signs = pc.sum(pc.count_substring(texts, "&"))
    named = pc.sum(pc.count_substring_regex(texts, "&(?:amp|lt|gt|quot|apos);"))
    return bool(pc.equal(signs, named).as_py())


def _named_decoded(texts: pa.Array) -> pa.Array:
    for entity, sign in _NAMED_ENTITIES:
        texts = pc.replace_substring(texts, entity, sign)
    return texts


def _has_special(data: npt.NDArray[np.uint8]) -> bool:
    if not len(data):
        return False
    if (data == 0x26).any() or ((data < 0x20) & (data != 0x0A) & (data != 0x09)).any():
        return True
    return b"_x" in data.tobytes() or b"\xef\xbf" in data.tobytes()


def blank_to_null(texts: pa.Array) -> pa.Array:
    """Empty texts become null: the lake has one way to say that nothing is there."""
    empty = pc.equal(pc.binary_length(texts), 0)
    if pc.any(empty).as_py():
        return pc.if_else(empty, pa.scalar(None, pa.string()), texts)
    return texts


def text_starts(data: npt.NDArray[np.uint8], raw: bytes, tags: Positions) -> Positions:
    """Where the text behind each `<t>` or `<t xml:space="preserve">` begins."""
    starts = tags + 3
    attributed = np.flatnonzero(data.take(tags + 2) != 0x3E)
    if len(attributed):
        where = tags[attributed]
        ends = where + _PRESERVED
        last = np.minimum(ends - 1, len(data) - 1)
        is_other = (data[last] != 0x3E) | (data[last - 1] != 0x22) | (data[where + 6] != 0x3A)
        for place in np.flatnonzero(is_other):
            ends[place] = max(raw.find(b">", where[place]) + 1, where[place])
        for tag in pc.unique(taken(raw, where, ends)).to_pylist():
            if not _TEXT_TAG.fullmatch(tag) or "xmlns" in tag:
                raise UnsupportedXmlError("a text with unusual attributes")
        starts[attributed] = ends
    return starts


def rich_parts(runs: Iterable[str]) -> str:
    """The runs of a text, as an XML parser gives them, as one text."""
    return "".join(plain_text(run, is_decoded=True) for run in runs)
