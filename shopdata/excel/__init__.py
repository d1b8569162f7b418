"""Reads what portals send, whatever its name: Excel old and new, HTML and text that call themselves Excel, JSON lines.

What is it, is told by `kinds` and `magics`. Then from the bytes inwards: `container` and `package` (the zip, its
parts), `scan` and `strings` (the XML), `blocks` (rows whose columns are still numbered), `builder` (a `Table` under the
names of the contract). Odd forms come in through `parse`, `rows`, `text`, `xls`, `biff` and `records`.
"""

from shopdata.excel.container import Limits
from shopdata.excel.kinds import kind_of, sniff
from shopdata.excel.reading import read_table

__all__ = ["Limits", "kind_of", "read_table", "sniff"]
