"""The sandbox's app: what it reads off a picture, and what a login page hears of it; and whose hand a path is of."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import pytest
from sandbox_client import Client

from sandbox import Sandbox
from sandbox.codes import CONTENT, MODULE_PIXELS, SIDE, bits_of, picture_of, token_of
from sandbox.sliders import Hand

MakeSandbox = Callable[..., Sandbox]
TOKEN = "0123456789abcdef01234567"


def test_what_is_drawn_can_be_read_and_nothing_else() -> None:
    picture = picture_of(TOKEN)
    size = SIDE * MODULE_PIXELS
    start = picture.index(b"IDAT") + 4
    rows = zlib.decompress(picture[start : picture.index(b"IEND") - 8])
    assert len(rows) == size * (size + 1)
    seen = "".join(
        "1" if rows[(2 + y) * MODULE_PIXELS * (size + 1) + 1 + (2 + x) * MODULE_PIXELS] == 0 else "0"
        for y in range(CONTENT)
        for x in range(CONTENT)
    )
    assert seen == bits_of(TOKEN)
    assert token_of(seen) == TOKEN
    for odd in ("", "1" * 144, seen[:-1] + str(1 - int(seen[-1])), seen[1:]):
        with pytest.raises(ValueError, match="no picture of a code"):
            token_of(odd)


def test_a_code_is_scanned_once_by_its_own_platforms_app(make_sandbox: MakeSandbox) -> None:
    sandbox = make_sandbox(code_seconds=60)
    page = Client(sandbox)
    answer = page.ask(page.at("passport", "/qr/show"))
    token = answer.headers["Set-Cookie"].partition("wlfstk_smdl=")[2].partition(";")[0]

    def told() -> str:
        check = page.at("passport", "/qr/check", appid="133", token=token, callback="jQuery1")
        text = page.ask(check).body.decode()
        assert text.startswith("jQuery1({")
        return text

    assert '"code": 201' in told()
    with pytest.raises(ValueError, match="has scanned no code"):
        sandbox.app("sandbox-01").confirm()
    with pytest.raises(ValueError, match="on its own platform only"):
        sandbox.app("pdd-01").scan(bits_of(token))
    sandbox.app("sandbox-01").scan(bits_of(token))
    assert '"code": 202' in told()
    with pytest.raises(ValueError, match="it is scanned"):
        sandbox.app("sandbox-02").scan(bits_of(token))
    sandbox.app("sandbox-01").cancel()
    assert '"code": 205' in told()
    sandbox.expire_codes()
    assert '"code": 205' in told()


STEADY = [[1000 + 30 * step, 100.0 + 6 * step, True] for step in range(30)]


@pytest.mark.parametrize(
    ("path", "is_it"),
    [
        (STEADY, True),
        ([], False),
        (None, False),
        ([["soon", "there", True]] * 20, False),
        (STEADY[:14], False),
        ([*STEADY[:29], [*STEADY[29][:2], False]], False),
        (STEADY[::-1], False),
        ([[1000 + step, x, True] for step, (_, x, _) in enumerate(STEADY)], False),
        ([[1000 + 300 * step, x, True] for step, (_, x, _) in enumerate(STEADY)], False),
        ([*STEADY[:20], *([time, x + 200, True] for time, x, _ in STEADY[20:])], False),
    ],
    ids=["steady", "none", "nothing", "words", "few", "a script's", "backwards", "at once", "for ever", "a leap"],
)
def test_a_path_is_of_a_hand_or_not(path: object, *, is_it: bool) -> None:
    assert Hand().has_drawn(path) is is_it
