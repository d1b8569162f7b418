"""pyarrow looks for pandas when it makes its first array: a third of a second and 40 MB, in every process.

Nothing here is made from a pandas object. Whoever wants one (`Table.to_pandas`) still gets one: pyarrow looks again.
"""

from __future__ import annotations

import sys
import threading
from importlib.abc import MetaPathFinder

import pyarrow as pa


def put_off_pandas() -> None:
    """Lets pyarrow look for pandas now and not find it, unless somebody has imported it already."""
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
