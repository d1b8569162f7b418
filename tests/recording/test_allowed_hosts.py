"""One more host in `download_hosts`: all else of portals.yaml stays as it stands, or nothing changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from shopdata.exceptions import UsageError
from shopdata.recording.hosts import allow_host

HOST = "files.new.example"
#: What stands there, and what stands there then.
WRITTEN = {
    "flow": ("pdd:\n  download_hosts: [.a.example, b.example]  # two\n",
             "pdd:\n  download_hosts: [.a.example, b.example, files.new.example]  # two\n"),
    "flow with a comma at its end": ("pdd:\n  download_hosts: [a.example, ]\n",
                                     "pdd:\n  download_hosts: [a.example, files.new.example, ]\n"),
    "nothing yet": ("pdd: {download_hosts: [ ], x: 1}\n", "pdd: {download_hosts: [ files.new.example], x: 1}\n"),
    "block": ("pdd:\n  download_hosts:\n  - a.example  # the first\n\n  - b.example  # the last\n  # of jd\njd: {}\n",
              "pdd:\n  download_hosts:\n  - a.example  # the first\n\n  - b.example  # the last\n"
              "  - files.new.example\n  # of jd\njd: {}\n"),
    "block, wide, at the end": ("pdd:\n  download_hosts:\n    -   'a.example'",
                                "pdd:\n  download_hosts:\n    -   'a.example'\n    - files.new.example"),
    "flow of several lines": ("pdd:\n  download_hosts: [\n    a.example,  # one\n    b.example  # two\n  ]\n",
                              "pdd:\n  download_hosts: [\n    a.example,  # one\n    b.example,  # two\n"
                              "    files.new.example\n  ]\n"),
    "flow of several lines with a comma": ("pdd:\n  download_hosts: [\n    b.example,  # two, last\n  ]\n",
                                           "pdd:\n  download_hosts: [\n    b.example,  # two, last\n"
                                           "    files.new.example\n  ]\n"),
    "another system's line ends": ("pdd:\r\n  download_hosts:\r\n  - a.example # x\r\n  y: 店\r\n",
                                   "pdd:\r\n  download_hosts:\r\n  - a.example # x\r\n"
                                   "  - files.new.example\r\n  y: 店\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRITTEN)
def test_comments_stay_with_what_they_are_about(tmp_path: Path, case: str) -> None:
    before, after = WRITTEN[case]
    path = tmp_path / "portals.yaml"
    path.write_bytes(before.encode())
    allow_host(path, "pdd", HOST)
    assert path.read_bytes().decode() == after
    allow_host(path, "pdd", "::1")
    assert yaml.safe_load(path.read_bytes())["pdd"]["download_hosts"][-2:] == [HOST, "::1"]


@pytest.mark.parametrize(
    "text",
    [
        "pdd: {origin: x}\n",
        "jd: {download_hosts: [a]}\n",
        "pdd: {download_hosts: a.example}\n",
        "",
        # One list for two platforms: only one of them was asked about.
        "jd: {download_hosts: &hosts [a.example]}\npdd: {download_hosts: *hosts}\n",
        "base: &base {download_hosts: [a.example]}\npdd: {<<: *base, x: 1}\n",
    ],
)
def test_where_that_can_not_be_it_says_what_to_write(tmp_path: Path, text: str) -> None:
    path = tmp_path / "portals.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=f"Add {HOST} to that list by hand"):
        allow_host(path, "pdd", HOST)
    assert path.read_text("utf-8") == text
