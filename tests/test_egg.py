"""The egg for scrapyd holds all that a run needs, works as a zip, far from this checkout; the wheel holds the same."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tomllib
import zipfile
from email.message import Message
from email.parser import BytesParser
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from page_files import files_on

import shopdata
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
    "recipes/notes.yaml",
    "recipes/pdd_kpi.yaml.bak",
)


def litter(folder: Path) -> None:
    """Leaves things in a folder of configuration."""
    for name in STRAYS:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f"# {CANARY}\nnote: {CANARY}\n", "utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy: no `build/` may stay in the tree. Without pyproject.toml, as the service deploys it."""
    copy = tmp_path_factory.mktemp("project")
    for name in ("shopdata", "pipelines_config", "sandbox", "benchmarks"):
        shutil.copytree(REPO / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "scrapy.cfg"):
        shutil.copy(REPO / name, copy)
    litter(copy / "pipelines_config")
    return copy


@pytest.fixture(scope="module")
def egg(project: Path) -> Path:
    """What scrapyd-deploy makes."""
    path = project / "shopdata.egg"
    build(project, "scrapyd_client.deploy", "--build-egg", path)
    return path


@pytest.fixture(scope="module")
def wheel(project: Path, egg: Path) -> Path:
    """What pip makes, after the egg: with a `build/` that must not be taken for the project."""
    if Version(metadata.version("setuptools")) < Version("70.1"):
        pytest.skip("this setuptools, older than requirements.txt says, makes no wheels")
    for name in ("pyproject.toml", "requirements.in", "README.md"):
        shutil.copy(REPO / name, project)
    options = ("--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    build(project, "pip", "wheel", project, *options, "--wheel-dir", project / "wheels")
    (path,) = (project / "wheels").iterdir()
    return path


def build(folder: Path, *command: str | Path) -> None:
    """Runs a module of Python in a folder."""
    built = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, errors="replace", timeout=300
    )
    assert built.returncode == 0, built.stdout + built.stderr


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
        timeout=300,
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


def test_the_sandbox_stays_in_the_clone(egg: Path, tmp_path: Path) -> None:
    assert {name.partition("/")[0] for name in zipfile.ZipFile(egg).namelist()} == {
        "EGG-INFO",
        "pipelines_config",
        "shopdata",
    }
    told = run(egg, tmp_path, "-m", "scrapy", "sandbox", "--fault", "sandbox-01:sms")
    assert told.returncode == 2
    assert "run `scrapy sandbox` in a clone of the project" in told.stderr
    assert "Traceback" not in told.stderr


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


def test_scrapy_lists_every_spider(egg: Path, tmp_path: Path) -> None:
    listed = run(egg, tmp_path, "-m", "scrapy", "list")
    assert listed.returncode == 0, listed.stderr
    spiders = {path.stem for path in (REPO / "shopdata" / "spiders").glob("*.py")} - {"__init__"}
    recipes = {path.stem for path in (REPO / "pipelines_config" / "recipes").glob("*.yaml")}
    assert recipes
    assert set(listed.stdout.split()) == spiders | recipes


def test_the_packaged_configuration_is_read(egg: Path, tmp_path: Path) -> None:
    checked = run(egg, tmp_path, "-m", "scrapy", "check_config", JD_FLAGSHIP_USERNAME="someone")
    assert checked.returncode == 2
    assert "the environment variable JD_FLAGSHIP_PASSWORD is not set" in checked.stderr
    assert "JD_FLAGSHIP_USERNAME" not in checked.stderr
    assert "Traceback" not in checked.stderr


def test_a_recipe_of_ones_own_is_a_spider(egg: Path, tmp_path: Path) -> None:
    """The platform, contract and recipe of docs/recipes.md, in a folder beside an egg that knows nothing of them."""
    for name, text in files_on("recipes.md").items():
        file = tmp_path / "mine" / name.removeprefix("pipelines_config/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    listed = run(egg, tmp_path, "-m", "scrapy", "list", SHOPDATA_CONFIG_DIR=str(tmp_path / "mine"))
    assert "teahouse_sales" in listed.stdout.split(), listed.stderr


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


def test_runs_from_the_zip_and_the_board_finds_its_templates_texts_and_static_files(egg: Path, tmp_path: Path) -> None:
    code = """
from datetime import datetime, UTC
import shopdata
from shopdata.service.board.rendering import Renderer
from shopdata.service.board.site import _static
from shopdata.wording import Texts
from shopdata.service.board.visit import Visit
visit = Visit(("static", "base.css"), {}, {}, Texts("zh"), datetime.now(UTC), "/board", "", "")
print(shopdata.__file__)
print(Renderer().trouble(visit, "not_found", "").decode(), _static(visit).body.decode())
"""
    shown = run(egg, tmp_path, "-c", code)
    assert shown.stdout.splitlines()[:1] == [str(egg / "shopdata" / "__init__.py")], shown.stderr
    assert "没有这个页面" in shown.stdout
    assert "prefers-color-scheme" in shown.stdout


def read(archive: Path, name: str) -> str:
    """A file of an archive whose path ends so."""
    with zipfile.ZipFile(archive) as packed:
        (found,) = (known for known in packed.namelist() if known.endswith(name))
        return packed.read(found).decode()


def held_by(archive: Path) -> dict[str, int]:
    """Its files with their checksums, without what each form says about itself, and without byte code."""
    with zipfile.ZipFile(archive) as packed:
        files = [file for file in packed.infolist() if not file.filename.endswith((".pyc", "/"))]
    return {file.filename: file.CRC for file in files if "INFO/" not in file.filename.replace("dist-info", "INFO")}


def test_the_wheel_holds_what_the_egg_holds(egg: Path, wheel: Path) -> None:
    held = held_by(wheel)
    assert held == held_by(egg)
    assert {"shopdata/settings.py", "pipelines_config/shops.yaml"} <= held.keys()
    assert read(wheel, "/entry_points.txt").split() == read(egg, "/entry_points.txt").split()


def test_wheel_and_egg_tell_one_version_and_the_wheel_its_requirements(egg: Path, wheel: Path) -> None:
    told: Message = BytesParser().parsebytes(read(wheel, "/METADATA").encode())
    assert told["Version"] == shopdata.__version__
    assert f"Version: {shopdata.__version__}" in read(egg, "/PKG-INFO").splitlines()
    lines = (REPO / "requirements.in").read_text("utf-8").splitlines()
    wanted = {Requirement(line) for line in lines if line and not line.startswith("#")}
    assert {Requirement(line) for line in told.get_all("Requires-Dist", [])} == wanted


@pytest.mark.cold
def test_what_setup_imports_is_there_while_pip_builds() -> None:
    code = "import sys, shopdata.config; print(*{name.partition('.')[0] for name in sys.modules})"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=True, timeout=300
    )
    known = metadata.packages_distributions()
    needed = {canonicalize_name(name) for module in ran.stdout.split() for name in known.get(module, ())}
    wanted = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    todo = [Requirement(line).name for line in wanted]
    brought = set()
    while todo:
        brought.add(name := canonicalize_name(todo.pop()))
        lines = map(Requirement, metadata.requires(name) or ())
        todo += [part.name for part in lines if part.marker is None or part.marker.evaluate({"extra": ""})]
    assert needed <= brought


def test_the_changelog_begins_with_this_version() -> None:
    (newest, *_) = re.findall(r"^## \[(.+?)\]", (REPO / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)
    assert newest == shopdata.__version__


def test_nothing_was_left_in_the_tree(egg: Path) -> None:
    assert not (REPO / "build").exists()
    assert not list(REPO.glob("*.egg-info"))
