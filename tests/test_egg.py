"""The egg for scrapyd holds all that a run needs, and works as a zip, far from this checkout."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from shopdata.service import deploy

REPO = Path(__file__).parents[1]
CANARY = "canary-that-must-not-fly"
#: What people keep beside the configuration.
STRAYS = (
    ".env",
    "notes.yaml",
    "notes.txt",
    "shops.yaml.bak",
    "shops.yaml~",
    "shops copy.yaml",
    "shops.yml",
    "passwords.py",
    "old/shops.yaml",
    "old/__init__.py",
    "datasets/notes.yaml",
    "datasets/__init__.py",
    "datasets/jd_store.yaml.bak",
    "datasets/.jd_store.yaml",
    "datasets/jd_store copy.yaml",
)


def litter(folder: Path) -> None:
    """Leaves things in a folder of configuration."""
    for name in STRAYS:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f"# {CANARY}\nnote: {CANARY}\n", "utf-8")


@pytest.fixture(scope="module")
def egg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: no `build/` may stay in the tree."""
    copy = tmp_path_factory.mktemp("project")
    for name in ("shopdata", "pipelines_config"):
        shutil.copytree(REPO / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "scrapy.cfg"):
        shutil.copy(REPO / name, copy)
    litter(copy / "pipelines_config")
    path = copy / "shopdata.egg"
    built = subprocess.run(
        [sys.executable, "-m", "scrapyd_client.deploy", "--build-egg", path],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return path


def run(egg: Path, folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs Python where only the egg knows `shopdata`."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("SHOPDATA_", "SCRAPY_", "PYTHON"))
    }
    own = {"PYTHONPATH": str(egg), "SCRAPY_SETTINGS_MODULE": "shopdata.settings", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=kept | own | variables,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


def test_holds_every_file_that_is_not_code(egg: Path) -> None:
    packaged = set(zipfile.ZipFile(egg).namelist())
    for folder, endings in (("pipelines_config", {".yaml"}), ("shopdata", {".html", ".js", ".css", ".lua"})):
        files = [path for path in (REPO / folder).rglob("*") if path.suffix in endings]
        assert files
        assert [name for path in files if (name := path.relative_to(REPO).as_posix()) not in packaged] == []


def test_holds_every_module_and_nothing_else(egg: Path) -> None:
    packaged = {name for name in zipfile.ZipFile(egg).namelist() if name.endswith(".py")}
    modules = {
        path.relative_to(REPO).as_posix()
        for name in ("shopdata", "pipelines_config")
        for path in (REPO / name).rglob("*.py")
    }
    assert packaged == modules


def test_holds_nothing_that_lies_beside_the_configuration(egg: Path) -> None:
    with zipfile.ZipFile(egg) as packed:
        assert [name for name in packed.namelist() if CANARY.encode() in packed.read(name)] == []
        names = {name for name in packed.namelist() if name.startswith("pipelines_config/")}
        listed = packed.read("EGG-INFO/SOURCES.txt").decode()
    known = (REPO / "pipelines_config").rglob("*.yaml")
    assert {name for name in names if not name.endswith((".py", ".pyc"))} == {
        path.relative_to(REPO).as_posix() for path in known
    }
    listed = [line for line in listed.splitlines() if line.startswith("pipelines_config/")]
    assert len(listed) == len([name for name in names if not name.endswith(".pyc")])


def test_the_service_deploys_by_the_same_rule(tmp_path: Path) -> None:
    for name in ("pipelines_config", "setup.py"):
        (shutil.copytree if (REPO / name).is_dir() else shutil.copy)(REPO / name, tmp_path / name)
    (tmp_path / "shopdata").mkdir()
    before = list(deploy._files_of(tmp_path))
    litter(tmp_path / "pipelines_config")
    assert list(deploy._files_of(tmp_path)) == before
    assert {path.name for path in before} >= {"setup.py", "__init__.py", "shops.yaml", "jd_store.yaml"}


def test_runs_from_the_zip(egg: Path, tmp_path: Path) -> None:
    where = run(egg, tmp_path, "-c", "import shopdata; print(shopdata.__file__)")
    assert where.stdout.strip() == str(egg / "shopdata" / "__init__.py")


def test_scrapy_lists_every_spider(egg: Path, tmp_path: Path) -> None:
    listed = run(egg, tmp_path, "-m", "scrapy", "list")
    assert listed.returncode == 0, listed.stderr
    spiders = {path.stem for path in (REPO / "shopdata" / "spiders").glob("*.py")} - {"__init__"}
    assert set(listed.stdout.split()) == spiders


def test_the_packaged_configuration_is_read(egg: Path, tmp_path: Path) -> None:
    checked = run(egg, tmp_path, "-m", "scrapy", "check_config", JD_FLAGSHIP_USERNAME="someone")
    assert checked.returncode == 2
    assert "the environment variable JD_FLAGSHIP_PASSWORD is not set" in checked.stderr
    assert "JD_FLAGSHIP_USERNAME" not in checked.stderr
    assert "Traceback" not in checked.stderr


def test_a_configuration_beside_it_goes_first(egg: Path, tmp_path: Path) -> None:
    checked = run(egg, tmp_path, "-m", "scrapy", "check_config", SHOPDATA_CONFIG_DIR=str(tmp_path / "mine"))
    assert checked.returncode == 2
    assert f"{tmp_path / 'mine'}: this folder does not exist" in checked.stderr


def test_an_old_ledger_is_migrated_from_the_zip(egg: Path, tmp_path: Path) -> None:
    dump = REPO / "tests" / "ledger" / "ledger_fixtures" / "version_1.sqlite.sql"
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as old:
        old.executescript(dump.read_text("utf-8"))
    status = run(egg, tmp_path, "-m", "scrapy", "status", "--json", SHOPDATA_STATE_DIR=str(tmp_path))
    assert status.returncode == 0, status.stderr
    assert len(json.loads(status.stdout)["cells"]) == 7


def test_the_board_finds_its_templates_texts_and_static_files(egg: Path, tmp_path: Path) -> None:
    code = """
from datetime import datetime, UTC
from shopdata.service.board.rendering import Renderer
from shopdata.service.board.site import _static
from shopdata.wording import Texts
from shopdata.service.board.visit import Visit
visit = Visit(("static", "board.css"), {}, {}, Texts("zh"), datetime.now(UTC), "/board", "", "", "")
print(Renderer().trouble(visit, "not_found", "").decode(), _static(visit).body.decode())
"""
    shown = run(egg, tmp_path, "-c", code)
    assert "没有这个页面" in shown.stdout, shown.stderr
    assert "prefers-color-scheme" in shown.stdout


def test_nothing_was_left_in_the_tree(egg: Path) -> None:
    assert not (REPO / "build").exists()
    assert not list(REPO.glob("*.egg-info"))
