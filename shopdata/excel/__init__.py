"""The engine: reads whatever file holds a table, and writes many tables as one workbook and one Parquet object.

It knows no Scrapy, no ledger, no configuration and no store: a file and a `Contract` go in, a `Table` comes out.
README.md in this folder shows the way of a file through the packages, with the shapes and types of what they hand on.
"""

from shopdata.excel.contract import Contract, Rules
from shopdata.excel.formats.kinds import kind_of, sniff
from shopdata.excel.limits import Limits
from shopdata.excel.reading import read_cells, read_table
from shopdata.excel.tables import Table

__all__ = ["Contract", "Limits", "Rules", "Table", "kind_of", "read_cells", "read_table", "sniff"]
