"""Output takes any text in any encoding, and ends quietly when nobody reads it any more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

REPO = Path(__file__).parents[1]
SIGNS = "✓ ✗ ● ○ … · ◔ ⚿ ⊘ 回力 ─│┌ “a” é ① 😀 \ud83d"
FULL = Path("/dev/full")
DOOR = "from shopdata import doorway; doorway.enter(); import sys\n"


def run(
    code: str,
    *,
    encoding: str | None = None,
    more: dict[str, str] | None = None,
    output: IO[bytes] | int = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(REPO), "PYTHONUTF8": "0", **(more or {})}
    environment.pop("PYTHONIOENCODING", None)
    if encoding:
        environment["PYTHONIOENCODING"] = encoding
    return subprocess.Popen([sys.executable, "-c", DOOR + code], stdout=output, stderr=subprocess.PIPE, env=environment)


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "✓ ✗ ● ○ … · ◔ ⚿ ⊘ 回力 ─│┌ “a” é ① 😀 ?"),
        ("utf-16", "✓ ✗ ● ○ … · ◔ ⚿ ⊘ 回力 ─│┌ “a” é ① 😀 ?"),
        ("gbk", "√ × ● ○ … · ~ ! % 回力 ─│┌ “a” é ① ?? ?"),
        ("cp936:strict", "√ × ● ○ … · ~ ! % 回力 ─│┌ “a” é ① ?? ?"),
        ("cp1252", "+ × * o … · ~ ! % ???? -|+ “a” é 1 ?? ?"),
        ("cp437", '√ x * o ... · ~ ! % ???? ─│┌ "a" é 1 ?? ?'),
        ("ascii", '+ x * o ... . ~ ! % ???? -|+ "a" e 1 ?? ?'),
    ],
)
def test_signs_that_an_encoding_lacks_get_stand_ins(encoding: str, shown: str) -> None:
    code = (
        f"import logging; logging.basicConfig(format='%(message)s'); text = {SIGNS!r}\nprint(text); logging.error(text)"
    )
    process = run(code, encoding=encoding)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    codec = encoding.partition(":")[0]
    assert out.decode(codec).strip() == shown
    assert err.decode(codec).strip() == shown


def test_a_locale_without_letters() -> None:
    process = run(r"print('\u2713 \u56de\u529b')", more={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"})
    out, err = process.communicate(timeout=60)
    assert (out.strip(), err, process.returncode) == (b"+ ????", b"", 0)


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_a_reader_that_has_seen_enough(unbuffered: str) -> None:
    """The work goes on to its end, and its exit code is its own."""
    code = (
        "from shopdata import terminal\n"
        "for number in range(100_000):\n    print(number)\n"
        "print('went on', terminal.is_read(), file=sys.stderr); sys.exit(3)"
    )
    with run(code, more={"PYTHONUNBUFFERED": unbuffered}) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().strip() == b"0"
        process.stdout.close()
        assert process.stderr.read().strip() == b"went on False"
        assert process.wait(60) == 3


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("count", [1, 100_000], ids=["little", "much"])
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_output_on_a_full_disk_is_a_sentence_and_exit_2(unbuffered: str, count: int) -> None:
    code = (
        "doorway.report_lost_output()\n"
        f"for number in range({count}):\n    print(number)\n"
        "print('went on', file=sys.stderr); sys.exit(0)"
    )
    with FULL.open("wb") as full:
        process = run(code, more={"PYTHONUNBUFFERED": unbuffered}, output=full)
        _, err = process.communicate(timeout=60)
    assert err.decode().splitlines() == [
        "went on",
        "standard output: what was to be shown can't be written. Found No space left on device. "
        "Make room there, or let it go somewhere else.",
    ]
    assert process.returncode == 2


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_the_exit_code_of_work_is_its_own() -> None:
    """A crawl that has begun says by its code what it collected; one that could not show its plan does not begin."""
    code = "doorway.report_lost_output(); doorway.begin_work(); print(1); sys.exit(0)"
    with FULL.open("wb") as full:
        work = run(code, output=full)
        assert work.communicate(timeout=60) == (None, b"")
        assert work.returncode == 0
        late = run(
            "doorway.report_lost_output(); print(1)\n"
            "from shopdata.exceptions import UsageError\n"
            "try:\n    doorway.begin_work(); print('asked', file=sys.stderr)\n"
            "except UsageError as error:\n    print(error, file=sys.stderr); sys.exit(2)",
            output=full,
        )
        _, err = late.communicate(timeout=60)
    assert err.count(b"can't be written") == len(err.splitlines()) == 1
    assert late.returncode == 2


def test_streams_that_are_closed() -> None:
    process = run("sys.stdout = None; doorway.enter(); print('x')")
    assert process.communicate(timeout=60) == (b"", b"")
    assert process.returncode == 0


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "ascii"])
def test_json_loses_nothing(encoding: str) -> None:
    code = "from shopdata.terminal import json_text; print(json_text({'名': '回力 😀 ✓'}))\n"
    out, _ = run(code + "import json", encoding=encoding).communicate(timeout=60)
    assert json.loads(out.decode(encoding)) == {"名": "回力 😀 ✓"}


def test_log_lines_say_shanghais_time_on_any_machine() -> None:
    code = (
        "import logging; from shopdata import settings\n"
        "logging.basicConfig(format=settings.LOG_FORMAT, datefmt=settings.LOG_DATEFORMAT)\n"
        "record = logging.makeLogRecord({'msg': 'x', 'levelname': 'INFO', 'created': 1772324400.0})\n"
        "print(logging.root.handlers[0].format(record))"
    )
    for zone in ("UTC", "Asia/Shanghai", "America/New_York"):
        out, _ = run(code, more={"TZ": zone}).communicate(timeout=60)
        assert out.decode().strip() == "2026-03-01 08:20:00+08:00 INFO    x"


def test_nothing_is_held_back_where_python_holds_nothing_back() -> None:
    """A supervisor that sets PYTHONUNBUFFERED reads each line when it is written."""
    code = "from shopdata.terminal import fit_streams; import sys; fit_streams(); print('first'); sys.stdin.readline()"
    with subprocess.Popen(
        [sys.executable, "-u", "-c", code], cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        # It waits for a line from us; `input` itself would let go of what it holds.
        assert process.stdout.readline() == "first\n"
        process.communicate("\n")
    assert process.returncode == 0
