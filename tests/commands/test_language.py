"""The same command in the language of the setting, of the system, and where the terminal has no Chinese signs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.cold

ROOT = Path(__file__).parents[2]
NOTHING = {
    "zh": "还没有取过任何数据。从 `scrapy crawl` 开始。",
    "en": "Nothing was asked yet. Begin with `scrapy crawl`.",
}


def status(state: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    unset = ("LC_ALL", "LC_MESSAGES", "LANG", "SHOPDATA_LANGUAGE", "PYTHONUTF8", "PYTHONIOENCODING")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"SHOPDATA_STATE_DIR": str(state), "SCRAPY_SETTINGS_MODULE": "shopdata.settings", **variables}
    command = [sys.executable, "-m", "scrapy", "status"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        pytest.param({"LANG": "zh_CN.UTF-8"}, "zh", id="Chinese system"),
        pytest.param({"LANG": "en_US.UTF-8"}, "en", id="English system"),
        pytest.param({"LC_ALL": "C"}, "en", id="no language"),
        pytest.param({"LANG": "en_US.UTF-8", "SHOPDATA_LANGUAGE": "zh"}, "zh", id="setting"),
        pytest.param({"LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "gbk"}, "zh", id="GBK"),
    ],
)
def test_a_command_speaks_the_readers_language(tmp_path: Path, variables: dict[str, str], language: str) -> None:
    shown = status(tmp_path, **{"PYTHONIOENCODING": "utf-8", **variables})
    assert shown.returncode == 0, shown.stderr
    text = shown.stdout.decode(variables.get("PYTHONIOENCODING", "utf-8"))
    assert text.splitlines()[0] == NOTHING[language]


def test_signs_that_the_terminal_lacks_do_not_break_it(tmp_path: Path) -> None:
    shown = status(tmp_path, SHOPDATA_LANGUAGE="zh", LC_ALL="C", PYTHONIOENCODING="ascii")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.decode("ascii").splitlines()[0].endswith("? `scrapy crawl` ??????")


def test_a_language_that_is_not_there_is_said(tmp_path: Path) -> None:
    shown = status(tmp_path, SHOPDATA_LANGUAGE="fr", LC_ALL="C.UTF-8")
    assert shown.returncode == 2
    said = shown.stderr.decode()
    assert said.startswith("SHOPDATA_LANGUAGE: this language is not there. Found 'fr', expected zh or en.")
