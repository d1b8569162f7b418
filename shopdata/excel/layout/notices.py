"""Sheets that are no table but a word to the reader: that there is nothing, or that it did not work."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from shopdata.excel.tables import Finding, Table
from shopdata.exceptions import RejectedFileError

#: A sheet with more rows than this says more than a sentence.
_FEW_ROWS = 3
_NOTHING = re.compile(
    r"""[\s(（【\[]*(?:
        [^\d:：]{0,20}(?:无|没有|沒有|未\w{0,4}到|不到|未发现)[^\d:：]{0,12}
        (?:数据|數據|資料|资料|记录|紀錄|结果|信息|内容|明细|报表|订单|商品|评价)
      | \w{0,8}(?:数据|结果|记录)(?:为空|不存在)
      | (?:sorry[,.\s]*)?(?:there\s(?:is|are)\s)?(?:no|not?\sany)\s(?:matching\s|more\s)?
        (?:data|records?|results?|rows?|items?|entries|content)(?:\s[a-z\s]{2,50})?
      | (?:data|result|nothing)\s(?:is\s)?(?:empty|not\sfound|found|to\s\w+)
      | n/a | none | empty | 无 | 空
    )[\s)）】\]。.！!~～…]*""",
    re.IGNORECASE | re.VERBOSE,
)
#: Names of columns have no such signs.
_SENTENCE = re.compile(
    r"[。！!]|，(?=.{2})|\w+\s\w+\s\w.*\.\s*$|,\s\w+\s\w+|请\w{0,6}(?:稍后|重试|再试|联系|重新)", re.IGNORECASE
)


def says_nothing(text: str) -> bool:
    """True for 暂无数据, `no data` and their like: that there is nothing, and nothing else."""
    return len(text) < 60 and bool(_NOTHING.fullmatch(text))


def only_says(rows: Sequence[Sequence[str]], row_count: int) -> str | None:
    """What a sheet says in place of a table: it has one cell, or few rows of one cell with a sentence among them.

    Args:
        rows: the first rows that hold a value, as text.
        row_count: how many there are in all.
    """
    if row_count > min(_FEW_ROWS, len(rows)):
        return None
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    texts = [cell for row in cells for cell in row]
    is_one_column = all(len(row) == 1 for row in cells)
    if len(texts) == 1 or ((is_one_column or len(cells) == 1) and any(map(_is_notice, texts))):
        return " ".join(texts)
    return None


def _is_notice(text: str) -> bool:
    return says_nothing(text) or bool(_SENTENCE.search(text[:200]))


def is_notice_row(cells: Iterable[str | None]) -> bool:
    """True for a row below a header in which nothing stands but that there is nothing."""
    filled = [cell for cell in cells if cell and cell.strip()]
    return len(filled) == 1 and says_nothing(filled[0].strip())


def no_table(said: str, where: str) -> RejectedFileError:
    """The refusal of a sheet that only says something."""
    return RejectedFileError(
        "the file is no table but a message",
        code="message_instead",
        params={"said": said},
        where=where,
        found=f"'{said}'",
        expected="a header and rows",
        todo="If it says that there is nothing, look into the portal whether that is so; else ask again.",
    )


def without_notice(table: Table) -> Table:
    """A table whose only row says that there is none, without that row."""
    if table.rows != 1:
        return table
    cells = next(iter(table.to_arrow().to_pylist())).values()
    if not is_notice_row(cells):
        return table
    said = next(cell for cell in cells if cell)
    finding = Finding("says_nothing", count=1, text=f"the only row says '{said.strip()}': it is none")
    return replace(table, batches=[], warnings=[*table.warnings, finding])
