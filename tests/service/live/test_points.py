"""What a person's browser may send of their hand: nothing but what our own page sends gets through."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shopdata.service.live.points import Input, OddInputError, read_input
from shopdata.sessions.live.hand import KEYS


def body(points: Any, seq: Any = 0) -> bytes:
    return json.dumps({"seq": seq, "points": points}).encode()


def test_what_our_page_sends() -> None:
    points = [
        [12.5, "move", 3, 4.5],
        [13, "down", 3, 4],
        [14, "up", 3, 4],
        [15, "wheel", 3, 4, 0, -400],
        [16, "text", "验证码 482913"],
        *([17, "key", key] for key in sorted(KEYS)),
    ]
    assert read_input(body(points, 7)) == Input(7, tuple(points))
    assert read_input(body(points)).keys == 1 + len(KEYS)
    assert read_input(body([])) == Input(0, ())


ODD_POINTS: dict[str, Any] = {
    "no list": {},
    "nothing in it": [],
    "a word for a time": ["soon", "move", 1, 1],
    "no kind": [1, None, 1, 1],
    "another kind": [1, "eval", "alert(1)"],
    "too few numbers": [1, "move", 1],
    "too many": [1, "up", 1, 1, 1],
    "no numbers": [1, "down", "1", 1],
    "truth for a number": [1, "move", True, 1],
    "beyond every screen": [1, "move", 1e6, 1],
    "endless": [1, "move", float("inf"), 1],
    "no number at all": [float("nan"), "move", 1, 1],
    "no text": [1, "text", ""],
    "a book": [1, "text", "x" * 201],
    "numbers for a text": [1, "text", 5],
    "a key that opens something": [1, "key", "F12"],
    "keys together": [1, "key", "Control+v"],
    "a letter as a key": [1, "key", "a"],
}


@pytest.mark.parametrize("point", ODD_POINTS.values(), ids=ODD_POINTS)
def test_what_it_never_sends(point: Any) -> None:
    with pytest.raises(OddInputError, match="a point is none"):
        read_input(body([[1, "move", 1, 1], point]))


@pytest.mark.parametrize(
    "sent",
    [
        *(b"", b"[]", b"null", b"{", b"\xff", b'{"seq":0}', b"[" * 60_000),
        *(body({}), body([], -1), body([], "0"), body([], True), body([[1, "move", 1, 1]] * 301)),
        *(body([[1, "text", "x" * 200]] * 400),),
    ],
)
def test_what_is_no_batch(sent: bytes) -> None:
    with pytest.raises(OddInputError) as refused:
        read_input(sent)
    # Nothing of what was sent is told again.
    assert str(refused.value) in ("it is no batch of points", "it is too long")
