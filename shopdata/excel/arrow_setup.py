"""pyarrow as it starts in every process of ours: without pandas, and with an allocator that gives memory back."""

from __future__ import annotations

import ctypes
import mmap
import sys
import threading
from contextlib import suppress
from importlib.abc import MetaPathFinder

import pyarrow as pa


def set_up_arrow() -> None:
    """Must be called before anything is made with pyarrow."""
    _put_off_pandas()
    _choose_allocator()


def _put_off_pandas() -> None:
    """Lets pyarrow look for pandas now and not find it, unless somebody has imported it already.

    It looks when it makes its first array: a third of a second and 40 MB, in every process. Nothing here is made from a
    pandas object. Whoever wants one (`Table.to_pandas`) still gets one: pyarrow looks again.
    """
    if "pandas" in sys.modules:
        return
    finder = _WithoutPandas(threading.get_ident())
    sys.meta_path.insert(0, finder)
    try:
        pa.array([None])
    finally:
        sys.meta_path.remove(finder)


class _WithoutPandas(MetaPathFinder):
    """Says to one thread that pandas is not installed."""

    def __init__(self, thread: int) -> None:
        self._thread = thread

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas" and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def _choose_allocator() -> None:
    """Takes jemalloc where it is: the default keeps a fifth more memory when columns of many sizes come and go.

    It is built for pages of 4 KiB, and fails on systems with larger ones.
    """
    if "jemalloc" in pa.supported_memory_backends() and mmap.PAGESIZE == 4096:
        pa.set_memory_pool(pa.jemalloc_memory_pool())


def give_memory_back() -> None:
    """Hands to the system what both allocators keep for later use; to be had again, it must be cleared again."""
    pa.default_memory_pool().release_unused()
    with suppress(AttributeError, OSError, TypeError):  # glibc's alone
        ctypes.CDLL(None).malloc_trim(0)
