"""What `run.py` installs besides packages of Python, where the system's own packages can be had, and what it tests."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there are fonts packages")


@pytest.fixture
def run_py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """As root on a Debian without anything; `apt-get` and `fc-list` are scripts."""
    spec = importlib.util.spec_from_file_location("run_py", Path(__file__).parents[1] / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    programs = {
        "apt-get": f'echo "$*" >> {tmp_path}/asked; case "$*" in *fonts-wqy*) touch {tmp_path}/font;; esac',
        "fc-list": f'test -e {tmp_path}/font && echo "WenQuanYi Zen Hei" || true',
        "python": "exit 1",
    }
    for name, text in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n", "utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    module.PYTHON = tmp_path / "python"
    return module


def installed(folder: Path) -> list[str]:
    lines = (folder / "asked").read_text("utf-8").splitlines() if (folder / "asked").exists() else []
    return [line.split()[-1] for line in lines if line.startswith("install")]


def test_a_browser_comes_with_a_chinese_font(run_py: ModuleType, tmp_path: Path) -> None:
    run_py.install_browser()
    assert installed(tmp_path) == ["chromium", "fonts-wqy-zenhei"]


def test_not_where_there_is_one(run_py: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "font").touch()
    run_py.install_browser()
    assert installed(tmp_path) == ["chromium"]


def test_who_may_not_install_is_told(
    run_py: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    run_py.install_browser()
    assert installed(tmp_path) == []
    assert "no Chinese font is installed" in capsys.readouterr().err


def test_pytest_alone_is_quick_and_run_py_is_everything(pytestconfig: pytest.Config, run_py: ModuleType) -> None:
    plugin: Any = pytestconfig.pluginmanager.get_plugin(str(Path(__file__).with_name("conftest.py")))
    alone, named = pytest.Config.ArgsSource.TESTPATHS, pytest.Config.ArgsSource.ARGS

    def marked(source: pytest.Config.ArgsSource, markexpr: str = "", *, everything: bool = False) -> str:
        option = SimpleNamespace(markexpr=markexpr, everything=everything)
        plugin.pytest_configure(SimpleNamespace(args_source=source, option=option))
        return option.markexpr

    assert marked(alone) == "not browser and not services and not soak and not cold"
    assert marked(named) == ""
    assert marked(alone, "browser") == "browser"
    assert marked(alone, everything="--everything" in run_py.COMMANDS["test"]) == ""
