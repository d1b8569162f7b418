"""Marks around values that nobody sees in Excel, and that no query forgives: they are kept, and told."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

#: Signs that exporters put before an id so that Excel takes it for a text: apostrophes of all kinds, and the backtick.
_APOSTROPHES = "'`‘’＇"
_MAY_BE_FIRST = np.zeros(256, np.bool_)
_MAY_BE_FIRST[[sign.encode()[0] for sign in _APOSTROPHES]] = True
_UNSEEN = r"[\x{ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{feff}]"


def count_apostrophes(texts: pa.Array, *, is_id: bool) -> int:
    """How many texts have an apostrophe before their digits; in a column of ids, before whatever stands there."""
    if texts.null_count == len(texts):
        return 0
    offsets = np.frombuffer(texts.buffers()[1], np.int32, len(texts) + 1, texts.offset * 4)
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    if not len(data):
        return 0
    # By the first byte, which is that of the next text where this one is null.
    chosen = np.flatnonzero(_MAY_BE_FIRST.take(data.take(np.minimum(offsets[:-1], len(data) - 1))))
    if not len(chosen):
        return 0
    begin = rf"^[{_APOSTROPHES}]" + (r"." if is_id else r"\s*[-+]?\d")
    return pc.sum(pc.match_substring_regex(texts.take(pa.array(chosen)), begin)).as_py() or 0


def count_blank_ends(texts: pa.Array) -> int:
    """How many texts begin or end with a blank of any kind, or hold a sign that takes no place."""
    trimmed = pc.not_equal(pc.utf8_trim_whitespace(texts), texts)
    return pc.sum(pc.or_(trimmed, pc.match_substring_regex(texts, _UNSEEN))).as_py() or 0
