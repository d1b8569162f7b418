"""docs/add-a-dataset.md, followed to the letter in a copy of the project: its files are written, its test is run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from page_files import DOCS, files_on
from workplace import REPO

PAGE = "add-a-dataset.md"
FILES = {
    "pipelines_config/datasets/jd_example.yaml",
    "pipelines_config/recipes/jd_example.yaml",
    "sandbox/jd/example.py",
    "tests/crawl/test_jd_example.py",
}
CHANGE = re.compile(r"`([\w/.]+)`:\n\n((?:```diff\n.*?^```\n\n?)+)", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it is after the page was followed."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("shopdata", "sandbox", "pipelines_config"):
        shutil.copytree(REPO / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "scrapy.cfg"):
        shutil.copy2(REPO / name, folder)
    (folder / "tests" / "crawl").mkdir(parents=True)
    for path in (REPO / "tests").glob("*.py"):
        if not path.name.startswith("test_"):
            shutil.copy2(path, folder / "tests")
    files = files_on(PAGE)
    assert set(files) == FILES
    for name, text in files.items():
        assert not (folder / name).exists()
        (folder / name).write_text(text, "utf-8")
    for name, blocks in CHANGE.findall((DOCS / PAGE).read_text("utf-8")):
        for block in re.findall(r"```diff\n(.*?)```", blocks, re.DOTALL):
            _change(folder / name, block.splitlines())
    return folder


def _change(path: Path, lines: list[str]) -> None:
    old, new = ("".join(f"{line[1:]}\n" for line in lines if line[0] in kind) for kind in ("- ", "+ "))
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{path.name} does not have {old!r} once"
    path.write_text(text.replace(old, new), "utf-8")


def test_its_files_are_as_the_projects(project: Path) -> None:
    written = [name for name in FILES if name.endswith(".py")]
    for check in (["check", "--quiet"], ["format", "--check", "--diff"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *check, *written], cwd=project, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.browser
@pytest.mark.services
def test_its_test_passes(project: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/crawl/test_jd_example.py"],
        cwd=project, env=environment | {"PYTHONPATH": "tests"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert "1 passed" in done.stdout
