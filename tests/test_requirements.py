"""What is installed is what is written down: every import is declared, every package pinned, every file hashed."""

from __future__ import annotations

import ast
import importlib
import io
import sys
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path
from zoneinfo import ZoneInfo

import lxml.html
import psutil
import pyarrow
import pyarrow.parquet
import pytest
from cryptography.fernet import Fernet
from isal import isal_zlib
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from scrapyd.eggstorage import FilesystemEggStorage
from scrapyd.utils import get_file_path

from benchmarks.merge import PACKAGES
from shopdata.service import runner

REPO = Path(__file__).parents[1]
#: Ours, and the programs of the tests themselves.
OWN = {"shopdata", "sandbox", "pipelines_config", "benchmarks", "by_hand"} | {
    path.stem for path in (REPO / "tests").rglob("*.py")
}
#: What packages of ours bring along that nobody imports.
NO_MODULES = {"_distutils_hack", "_yaml", "dist", "pkg_resources"}

DISTRIBUTIONS = metadata.packages_distributions()


def declared(*names: str) -> dict[str, Requirement]:
    """The requirements of these files by name. Hashes and remarks are none of them."""
    lines = [line for name in names for line in (REPO / name).read_text("utf-8").splitlines()]
    found = (Requirement(line.partition(" \\")[0]) for line in lines if line[:1].isalnum())
    return {canonicalize_name(requirement.name): requirement for requirement in found}


#: It runs in an environment of its own.
PEERS = REPO / "benchmarks" / "merge_peers.py"
#: So do these, in pretix's own.
FOREIGN = {REPO / "tests" / "foreign_portals" / f"pretix_{part}.py" for part in ("data", "wsgi")}


def imports(path: Path) -> Iterator[str]:
    """The top names of all that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def undeclared(folder: str, names: set[str]) -> dict[str, set[str]]:
    """What files below a folder import without being in any of these distributions."""
    known = set(sys.stdlib_module_names) | OWN
    missing: dict[str, set[str]] = {}
    for path in sorted(set((REPO / folder).rglob("*.py")) - {PEERS, *FOREIGN}):
        for module in set(imports(path)) - known:
            if not names & {canonicalize_name(name) for name in DISTRIBUTIONS.get(module, ())}:
                missing.setdefault(module, set()).add(path.relative_to(REPO).as_posix())
    return missing


def test_the_program_imports_only_what_is_declared() -> None:
    assert undeclared("shopdata", set(declared("requirements.in"))) == {}


def test_the_stand_ins_import_only_what_is_declared() -> None:
    assert undeclared("sandbox", set(declared("requirements.in", "requirements-demo.txt"))) == {}


@pytest.mark.parametrize("folder", ["tests", "benchmarks"])
def test_tests_and_benchmarks_import_only_what_is_declared(folder: str) -> None:
    names = set(declared("requirements.in", "requirements-demo.txt", "requirements-dev.in"))
    assert undeclared(folder, names) == {}


def test_what_the_merge_is_compared_with_is_installed_by_the_benchmark() -> None:
    names = {canonicalize_name(Requirement(package).name) for package in PACKAGES}
    assert {canonicalize_name(module) for module in set(imports(PEERS)) - set(sys.stdlib_module_names)} <= names


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_a_lock_says_what_its_source_says(name: str) -> None:
    locked = declared(f"{name}.txt")
    told = {key: requirement.specifier for key, requirement in declared(f"{name}.in").items()}
    assert told.keys() <= locked.keys()
    wrong = {key for key, wanted in told.items() if not wanted.contains(pinned(locked[key]), prereleases=True)}
    assert wrong == set(), "run .ci/lock"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-demo.txt"])
def test_each_package_has_one_version_and_hashes(name: str) -> None:
    text = (REPO / name).read_text("utf-8").replace("\\\n", "")
    lines = [line for line in text.splitlines() if line[:1].isalnum()]
    assert len(lines) > 1
    assert [line for line in lines if "==" not in line or "--hash=sha256:" not in line] == []


def test_what_is_pinned_works_here(tmp_path: Path) -> None:
    """Imported, and used for what we have it for where that is compiled or differs from system to system."""
    ours = set(declared("requirements.in"))
    modules = {name for name, known in DISTRIBUTIONS.items() if ours & {canonicalize_name(part) for part in known}}
    assert len(modules) >= len(ours) - 5
    for module in sorted(modules - NO_MODULES):
        importlib.import_module(module)
    table = pyarrow.table({"店铺": ["一", None]})
    pyarrow.parquet.write_table(table, tmp_path / "店 铺.parquet", compression="zstd")
    assert pyarrow.parquet.read_table(tmp_path / "店 铺.parquet") == table
    assert zlib.decompress(isal_zlib.compress(b"a" * 1000)) == b"a" * 1000
    assert Fernet(Fernet.generate_key()).encrypt(b"x") != b"x"
    assert lxml.html.fromstring("<p>一").text == "一"
    assert psutil.Process().create_time() > 0
    assert ZoneInfo("Asia/Shanghai").utcoffset(datetime(2026, 3, 1)) == timedelta(hours=8)  # noqa: DTZ001 - asked for
    eggs = FilesystemEggStorage({"eggs_dir": str(tmp_path / "eggs")})
    runner.fix_filepath()
    eggs.put(io.BytesIO(b"egg"), "shopdata", "1")
    assert eggs.list("shopdata") == ["1"]
    assert get_file_path(str(tmp_path), "shopdata", "jd_store", "job").path == str(tmp_path / "shopdata/jd_store/job")


def test_where_both_locks_have_a_package_it_is_one_version() -> None:
    ours, tools = declared("requirements.txt"), declared("requirements-dev.txt")
    assert {key for key in ours.keys() & tools.keys() if pinned(ours[key]) != pinned(tools[key])} == set()


def test_all_that_ours_need_is_locked() -> None:
    """It is installed without asking what it depends on."""
    locked = declared("requirements.txt", "requirements-dev.txt", "requirements-demo.txt")
    todo = [(key, extra) for key, wanted in locked.items() for extra in ("", *wanted.extras)]
    # What the locks ask for by an extra is asked for there by its .in file.
    todo += [(key, extra) for key, wanted in declared("requirements.in").items() for extra in wanted.extras]
    missing = set()
    for key, extra in todo:
        if (marker := locked[key].marker) is not None and not marker.evaluate():
            continue
        for line in metadata.requires(key) or ():
            needed = Requirement(line)
            is_needed = needed.marker is None or needed.marker.evaluate({"extra": extra})
            if is_needed and canonicalize_name(needed.name) not in locked:
                missing.add(f"{key} needs {needed.name}")
    assert missing == set(), "run .ci/lock"


def pinned(requirement: Requirement) -> str:
    """The one version that a lock allows."""
    (only,) = requirement.specifier
    return only.version
