"""What the engine's README shows does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

from shopdata.excel import Table

README = Path(__file__).parents[2] / "shopdata" / "excel" / "README.md"


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report.xls").write_text("SKU,全国可用库存,a new column\n007,5,x\n008,6,\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    [code] = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(code, names)
    table = Table.load(Path("report.arrow"))
    assert table.columns == ("SKU", "可用库存", "a new column")
    assert table.to_arrow() == pa.table(
        {"SKU": ["007", "008"], "可用库存": ["5", "6"], "a new column": pa.array(["x", None])}
    )


def test_each_package_stands_in_its_table() -> None:
    text = README.read_text("utf-8")
    packages = {path.parent.name for path in README.parent.glob("*/__init__.py")}
    assert {name for name in packages if f"| `{name}` |" not in text} == set()
