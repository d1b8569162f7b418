"""Twisted's own code as Windows' Python 3.12 runs it: a name that it forgets, and what we do until it has its fix."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from scrapyd.eggstorage import FilesystemEggStorage
from twisted.python import filepath

from shopdata.service import runner


def as_on_windows(version: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Twisted's module of paths, imported anew as if this were Windows with that Python."""
    module = ModuleType("twisted.python.filepath_elsewhere")
    # Its types look for each other there.
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with monkeypatch.context() as there:
        there.setattr(sys, "platform", "win32")
        there.setattr(sys, "version_info", (*version, "final", 0))
        assert filepath.__file__ is not None
        exec(compile(Path(filepath.__file__).read_text("utf-8"), module.__name__, "exec"), vars(module))
    return module


def test_this_file_and_what_it_tests_can_go_when_twisted_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten = not hasattr(as_on_windows((3, 12, 9), monkeypatch), "PureWindowsPath")
    assert forgotten, "Twisted has its fix: take out shopdata/service/runner.py, what calls it, and this file"


# It asks pathlib only up to 3.12.
@pytest.mark.filterwarnings("ignore:pathlib.PurePath.is_reserved:DeprecationWarning")
@pytest.mark.parametrize("version", [(3, 11, 9), (3, 12, 0), (3, 12, 9)], ids=lambda version: f"{version[:3]}")
def test_eggs_can_be_looked_at(version: tuple[int, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    there = as_on_windows(version, monkeypatch)
    monkeypatch.setattr("scrapyd.eggstorage.filepath", there)
    eggs = FilesystemEggStorage({"eggs_dir": str(tmp_path)})
    runner.fix_filepath(there)
    eggs.put(io.BytesIO(b"egg"), "shopdata", "1")
    assert eggs.list("shopdata") == ["1"]
    with eggs.get("shopdata")[1] as egg:
        assert egg.read() == b"egg"
    with pytest.raises(Exception, match="nul"):
        eggs.list("nul")
    eggs.delete("shopdata", "1")
    assert eggs.list_projects() == []


@pytest.mark.cold
def test_crawls_begin_by_a_copy_where_it_is_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shopdata.service.runner.is_needed", lambda: True)
    assert runner.prepare(tmp_path) == runner.COPY
    environment = os.environ | {"SCRAPY_PROJECT": "nobody"}
    # A crawl's process sees none of our modules before it has its egg.
    for name in ("PYTHONSAFEPATH", "SCRAPY_SETTINGS_MODULE"):
        environment.pop(name, None)
    command = [sys.executable, "-m", runner.COPY, "version"]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout[:7]) == (0, "Scrapy "), ran.stderr


def test_nothing_is_done_where_it_is_not_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shopdata.service.runner.is_needed", lambda: False)
    (tmp_path / f"{runner.COPY}.py").touch()
    assert runner.prepare(tmp_path) == "scrapyd.runner"
    assert list(tmp_path.iterdir()) == []
