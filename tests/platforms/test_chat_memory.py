"""A day of chats may be larger than memory: written, checked and merged it takes the same, however long it is."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="Windows tells no peak of memory")
pytestmark = pytest.mark.cold

REPO = Path(__file__).parents[2]
#: A conversation has ten messages of some 8 KB; each is in the file twice, as content and raw. Already the small file
#: is larger than all that may be in work at once: what the large one takes more is what grows with the file.
SMALL, THREE_TIMES = 150, 450

SCRIPT = """
import re, resource, sys
from pathlib import Path
from shopdata.excel.merging import parquet
from shopdata.platforms.pdd.chat import ChatFile, message_row
from shopdata.lake.check import check_file
from shopdata.excel.merging.merge import Part, merge_tables
from shopdata.store.staging import Staging
from tests_config import DATASET

step, folder, conversations = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
path = folder / "chats.part"
if step == "write":
    with ChatFile(path, {"dataset": "pdd_chat"}, is_masked=False) as file:
        for number in range(conversations):
            buyer = {"uid": str(2 * 10**12 + number), "nickname": "buyer"}
            text = f"{number} " + "in stock? " * 800
            sent = [{"direction": i % 2, "content": text, "time": 1772323200 + i} for i in range(10)]
            file.add(buyer["uid"], [message_row(buyer, message) for message in sent])
elif step == "check":
    facts = check_file(path, "pdd_chat", DATASET, "2026-03-01", "one", Staging(folder))
    assert facts.rows == 10 * conversations
else:
    # A row group is held whole, of 40 MB: that would look like growth.
    parquet.ROW_GROUP_BYTES = 4 << 20
    (table,) = (folder / "tables").rglob("*.arrow")
    part = Part("one", "one", table)
    merged = merge_tables([part], DATASET, workbook=folder / "o.xlsx", parquet=folder / "o.parquet")
    assert merged.rows == 10 * conversations
if sys.platform == "linux":
    # Linux counts the process that started this one as well: a child begins with its parent's peak.
    kilobytes = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]
    print(int(kilobytes) * 1024)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
CONFIG = """
import yaml
from shopdata.config import Dataset
DATASET = Dataset(**yaml.safe_load(open({!r}, encoding="utf-8")))
"""


STEPS = ("write", "check", "merge")


@dataclass
class Measured:
    """Bytes of the raw file, and at the peak of each step in a process of its own."""

    size: int
    peaks: dict[str, int]


def measure(folder: Path, conversations: int) -> Measured:
    contract = REPO / "pipelines_config" / "datasets" / "pdd_chat.yaml"
    (folder / "tests_config.py").write_text(CONFIG.format(str(contract)), "utf-8")
    script = folder / "script.py"
    script.write_text(SCRIPT, "utf-8")
    peaks = {}
    for step in STEPS:
        command = [sys.executable, str(script), step, str(folder), str(conversations)]
        run = subprocess.run(command, env={"PYTHONPATH": str(REPO)}, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        peaks[step] = int(run.stdout)
    return Measured((folder / "chats.part").stat().st_size, peaks)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Measured, Measured]:
    small, large = (measure(tmp_path_factory.mktemp("chats"), number) for number in (SMALL, THREE_TIMES))
    return small, large


@pytest.mark.parametrize("step", STEPS)
def test_peak_does_not_grow_with_the_file(measured: tuple[Measured, Measured], step: str) -> None:
    small, large = measured
    assert large.size > 2.9 * small.size > 60_000_000
    assert large.peaks[step] - small.peaks[step] < (large.size - small.size) / 2
