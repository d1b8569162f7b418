"""The export of after-sales cases (docs/portals.md 8.8). Paths below `mercury` and columns were not recorded. [A]"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from sandbox.pdd.exports import SandboxExport, SandboxTask
from sandbox.pdd.paged import Window
from sandbox.truth import Value
from sandbox.xlsx import CellRenderer, column_letters, write_workbook


class PddAfterSales(SandboxExport):
    """After-sales cases by the time they were applied for, as a workbook; the list echoes what was ordered."""

    dataset, name = "pdd_after_sales", "after_sales"
    create_path = "/mercury/mms/afterSales/applyExcelReport"
    list_path = "/mercury/mms/afterSales/queryExcelExportList"
    link_path, link_key = "/mercury/mms/afterSales/queryExcelReportUrl", "id"
    max_days = 31
    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    columns = (
        "售后编号",
        "订单编号",
        "商品id",
        "售后类型",
        "售后状态",
        "退款金额(元)",
        "申请原因",
        "申请时间",
        "退货地址",
    )

    def window(self, body: Mapping[str, Any]) -> Window | None:
        return Window.of(body)

    def listed(self, entries: Sequence[SandboxTask]) -> dict[str, Any]:
        """docs/portals.md 8.8: status 1, 2, 3, and `requestObj`; which status is which was not recorded. [A]"""
        return {
            "list": [
                {
                    "id": task.number,
                    "status": 2 if task.is_done else 1,
                    "applyTime": int(task.created_at.timestamp() * 1000),
                    "requestObj": json.dumps(dict(task.body)),
                }
                for task in entries
            ]
        }

    def row(self, random: Random, day: dt.date, number: int) -> tuple[Value, ...]:
        return (
            str(random.randrange(10**13, 10**14)),
            f"{day:%y%m%d}-{random.randrange(10**14, 10**15)}",
            str(random.randrange(10**11, 10**12)),
            random.choice(("仅退款", "退货退款", "补寄")),
            random.choice(("待商家处理", "退款成功")),
            f"{random.randrange(100, 9999) / 100:.2f}",
            random.choice(("少件", "质量问题", "不想要了")),
            f"{day} {random.randrange(24):02}:{number % 60:02}:00",
            f"杭州市西湖区文三路{random.randrange(1, 999)}号",
        )

    def content(self, rows: Sequence[Sequence[Value]]) -> bytes:
        renderer, letters = CellRenderer(is_shared=True), column_letters(len(self.columns))
        with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
            path = Path(folder, "export.xlsx")
            cells = (renderer.cells(letters, row) for row in rows)
            write_workbook(path, cells, renderer, columns=len(letters), rows=len(rows))
            return path.read_bytes()
