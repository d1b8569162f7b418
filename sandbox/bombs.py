"""Answers that are small or plain on the line, and more than any program should hold."""

from __future__ import annotations

import functools
import zlib

from aiohttp import web

#: Of what the bomb unpacks to.
_PART_BYTES = 16 << 20
_PARTS = 512
_VALUES = 10_000_000


def bomb() -> web.Response:
    """Eight gigabytes of JSON in some megabytes."""
    return web.Response(body=_packed(), headers={"Content-Encoding": "gzip"}, content_type="application/json")


def many_values() -> web.Response:
    """JSON of 30 MB that takes a gigabyte as lists."""
    return web.Response(body=_lists(_VALUES), content_type="application/json")


def long_text() -> web.Response:
    """JSON of 30 MB whose one text takes 120 MB in memory: one sign of it is outside of Unicode's first plane."""
    return web.Response(body=_text(), content_type="application/json")


def garbled() -> web.Response:
    """Says that it is packed, and is not."""
    return web.Response(
        body=b'{"success": true}', headers={"Content-Encoding": "gzip"}, content_type="application/json"
    )


@functools.cache
def _packed() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress(b'{"result": [' + b" " * 16) + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush nothing refers to what came before: the same bytes may follow as often as one likes.
    part = packer.compress(b"[]," * (_PART_BYTES // 3)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + part * _PARTS


@functools.cache
def _lists(count: int) -> bytes:
    return b'{"success": true, "result": [' + b"[]," * (count - 1) + b"[]]}"


@functools.cache
def _text() -> bytes:
    return (
        '{"success": true, "result": {"data": [{"reviewId": "1", "comment": "😀'.encode() + b"x" * 30_000_000 + b'"}]}}'
    )
