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

import pytest
from each import each

from shopdata.ledger import Ledger

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
FIRST_LEDGER = Path(__file__).parents[1] / "ledger" / "ledger_fixtures" / "version_1.sqlite.sql"
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


@pytest.mark.cold
def test_commands_load_nothing_heavy() -> None:
    names = ", ".join(f"shopdata.commands.{path.stem}" for path in sorted(COMMANDS.glob("[a-z]*.py")))
    code = f"import sys, {names}; print(*sorted({{name.partition('.')[0] for name in sys.modules}} & set({HEAVY})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


#: What each command may load besides what every start of Scrapy does: packages of others, and packages of ours.
CONFIG = "annotated_types apscheduler certifi dotenv tzlocal yaml config network"
LEDGER = f"{CONFIG} filelock sqlalchemy greenlet psycopg ledger"
ENGINE = "dateutil isal numpy olefile pyarrow xlrd yaml excel"
CRAWL = f"{LEDGER} {ENGINE} browser checks crawling lake platforms sessions spiders store"
MAY_LOAD = {
    "version": "",
    "crawl -h": f"{CONFIG} platforms",
    "doctor -h": f"{CONFIG} platforms",
    "merge {tables} -o {tables}.xlsx": f"{ENGINE} actions wording",
    "status": f"{LEDGER} hyperlink rich actions alerts lake platforms service wording",
    # Shops are kept in the ledger, too.
    "sessions": f"{LEDGER} rich urllib3 actions browser platforms sessions wording",
    # It also tries to load how each platform is signed in to.
    "check_config": f"{CRAWL} playwright pyee actions wording",
    "list": f"{CRAWL} wording",
    # It reads workbooks by readers that are not ours.
    "verify jd_store --date 2026-03-01": (
        f"{LEDGER} {ENGINE} Crypto argon2 _argon2_cffi_bindings cffi minio openpyxl pycparser python_calamine rich "
        "tenacity urllib3 actions lake platforms store wording"
    ),
}
TELL = """
import atexit, gc, pathlib, sys

def tell():
    shopdata = pathlib.Path(sys.modules["shopdata"].__file__).parent if "shopdata" in sys.modules else None
    loaded = set()
    for name, module in list(sys.modules.items()):
        first, _, rest = name.partition(".")
        if first == "shopdata" and (shopdata / rest.partition(".")[0]).is_dir():
            loaded.add(rest.partition(".")[0])
        elif "site-packages" in (getattr(module, "__file__", None) or ""):
            loaded.add(first)
    print("LOADED", gc.get_freeze_count() > 0, *sorted(loaded), file=sys.stderr)

atexit.register(tell)
from scrapy.cmdline import execute
execute(["scrapy", *sys.argv[1:]])
"""


def loaded_by(command: str, folder: Path, state_dir: Path) -> tuple[str, set[str]]:
    """Whether the process ended without a last look for rubbish, and the packages that it had loaded then."""
    variables = {"SHOPDATA_STATE_DIR": str(state_dir), "SHOPDATA_S3_ENDPOINT": "127.0.0.1:9", "PYTHONUTF8": "1"}
    secrets = ("JD_FLAGSHIP_USERNAME", "JD_FLAGSHIP_PASSWORD", "SHOPDATA_S3_ACCESS_KEY", "SHOPDATA_S3_SECRET_KEY")
    # Scrapy leaves there what settings it has read in this process.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SCRAPY_")}
    done = subprocess.run(
        [sys.executable, "-c", TELL, *command.split()],
        cwd=folder,
        env=inherited | variables | dict.fromkeys(secrets, "made-up"),
        capture_output=True,
        encoding="utf-8",
    )
    told, _, found = done.stderr.rpartition("LOADED")
    # Who can't reach the store says so.
    assert (done.returncode, "Traceback" in told) == (int(command.startswith("verify")), False), done.stderr
    is_quick, *names = found.split()
    return is_quick, {*names}


@pytest.fixture(scope="module")
def of_scrapy(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What Scrapy loads by itself."""
    return loaded_by("version", tmp_path_factory.mktemp("bare"), tmp_path_factory.mktemp("state"))[1]


@pytest.mark.cold
@pytest.mark.parametrize("command", MAY_LOAD)
def test_a_command_loads_what_it_may(command: str, tmp_path: Path, of_scrapy: set[str]) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "shop.csv").write_text("day,sold\n2026-03-01,4\n", "utf-8")
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as ledger:
        ledger.executescript(FIRST_LEDGER.read_text("utf-8"))
    # What brings it up to date is loaded by the first command after an upgrade alone.
    Ledger.at(tmp_path, None).close()
    is_quick, loaded = loaded_by(command.format(tables=tmp_path / "tables"), COMMANDS.parents[1], tmp_path)
    assert loaded - of_scrapy - {*MAY_LOAD[command].split(), "shopdata", "commands"} == set()
    assert is_quick == "True"


@pytest.mark.cold
def test_extensions_load_no_web_server() -> None:
    """Scrapy's remote control would be imported even if it is switched off, with aiohttp: a third of a second."""
    code = """
import sys
from scrapy.utils.project import get_project_settings
from shopdata import Addon
Addon().update_settings(settings := get_project_settings())
print(*settings.get_component_priority_dict_with_base("EXTENSIONS"), "aiohttp" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=COMMANDS.parents[1], capture_output=True, text=True, check=True
    )
    *extensions, has_server = done.stdout.split()
    assert has_server == "False"
    assert {"scrapy.extensions.corestats.CoreStats", "shopdata.extensions.outcome.RunOutcome"} <= {*extensions}
    assert "scrapy.extensions.remote_control.RemoteControl" not in extensions
