"""Scrapy imports every command before it runs one: they must be light."""

from __future__ import annotations

import ast
import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from each import each

COMMANDS = Path(__file__).parents[2] / "shopdata" / "commands"
#: What each start has paid for anyway: Python's own, and what Scrapy's commands import.
LIGHT = {
    "scrapy.commands",
    "scrapy.commands.crawl",
    "scrapy.crawler",
    "scrapy.exceptions",
    "shopdata.command_frame",
    "shopdata.command_help",
    "shopdata.commands.crawl",
    "shopdata.doorway",
    "shopdata.exceptions",
}
#: What `scrapy status` does without, too.
HEAVIEST = ("duckdb", "minio", "numpy", "openpyxl", "pandas", "playwright", "pyarrow", "scrapy_playwright")
LEDGER = Path(__file__).parents[1] / "ledger" / "ledger_fixtures" / "version_1.sqlite.sql"
HEAVY = ("alembic", "apprise", "minio", "numpy", "openpyxl", "pandas", "playwright", "pyarrow", "rich", "sqlalchemy")


def imports_at_the_top(path: Path) -> Iterator[str]:
    """The modules that are imported along with this one; what stands under TYPE_CHECKING is not."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "shopdata":
            yield from (f"shopdata.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@each(sorted(COMMANDS.glob("*.py")), lambda path: path.stem)
def test_a_command_imports_what_it_does_when_it_runs(path: Path) -> None:
    modules = {name for name in imports_at_the_top(path) if name.partition(".")[0] not in sys.stdlib_module_names}
    assert modules <= LIGHT


def test_commands_load_nothing_heavy() -> None:
    names = ", ".join(f"shopdata.commands.{path.stem}" for path in sorted(COMMANDS.glob("[a-z]*.py")))
    code = f"import sys, {names}; print(*sorted({{name.partition('.')[0] for name in sys.modules}} & set({HEAVY})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_status_loads_neither_browser_nor_store_nor_arrow_and_extensions_no_web_server(tmp_path: Path) -> None:
    """Scrapy's remote control would be imported even if it is switched off, with aiohttp: a third of a second."""
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as ledger:
        ledger.executescript(LEDGER.read_text("utf-8"))
    code = f"""
import sys, shopdata.commands.status
from scrapy.cmdline import execute
from scrapy.utils.project import get_project_settings
from shopdata import Addon
try:
    execute(["scrapy", "status"])
finally:
    print(*sorted({{name.partition('.')[0] for name in sys.modules}} & set({HEAVIEST})), file=sys.stderr)
    Addon().update_settings(settings := get_project_settings())
    extensions = settings.get_component_priority_dict_with_base("EXTENSIONS")
    print("EXTENSIONS", *extensions, "aiohttp" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=COMMANDS.parents[1],
        env=dict(os.environ) | {"SHOPDATA_STATE_DIR": str(tmp_path), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr.split()) == (0, []), done.stderr
    shown, _, extensions = done.stdout.partition("EXTENSIONS")
    assert "jd_store" in shown
    assert extensions.split()[-1] == "False"
    assert {"scrapy.extensions.corestats.CoreStats", "shopdata.extensions.outcome.RunOutcome"} <= {*extensions.split()}
    assert "scrapy.extensions.remote_control.RemoteControl" not in extensions
