"""Machines compare their configuration by sums; no sum tells what it is of."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopdata.config import config_digests, installed_packages

KEY = "a key for tests"
LAKE = "object_store:\n  bucket: lake\n  secret_key: ${STORE_KEY}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "lake.yaml").write_text(LAKE, "utf-8")
    (tmp_path / "schedule.yaml").write_text("jobs: []\n", "utf-8")
    (tmp_path / "datasets" / "jd_store.yaml").write_text("title: 库存\n", "utf-8")
    (tmp_path / "notes.txt").write_text("nobody reads this", "utf-8")
    return tmp_path


def sums(folder: Path, key: str = KEY, store_key: str = "not-a-real-one") -> dict[str, str]:
    return config_digests(key, folder, {"STORE_KEY": store_key})


def changed(folder: Path, before: dict[str, str], **options: str) -> set[str]:
    after = sums(folder, **options)
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_what_is_the_same_has_the_same_sums(folder: Path) -> None:
    before = sums(folder)
    assert set(before) == {"lake.yaml", "variables of lake.yaml", "schedule.yaml", "datasets/jd_store.yaml"}
    windows = "# of this machine\r\n" + LAKE.replace("\n", "\r\n")
    (folder / "lake.yaml").write_bytes(b"\xef\xbb\xbf" + windows.encode())
    (folder / "notes.txt").unlink()
    assert changed(folder, before) == set()


def test_each_difference_has_its_name(folder: Path) -> None:
    before = sums(folder)
    assert changed(folder, before, store_key="another") == {"variables of lake.yaml"}
    (folder / "datasets" / "jd_store.yaml").write_text("title: 库存\nlag_days: 2\n", "utf-8")
    assert changed(folder, before) == {"datasets/jd_store.yaml"}
    before = sums(folder)
    (folder / "schedule.yaml").unlink()
    (folder / "datasets" / "new.yaml").write_bytes(b"\xff\xfe half")
    assert changed(folder, before) == {"schedule.yaml", "datasets/new.yaml"}
    before = sums(folder)
    (folder / "datasets" / "new.yaml").write_bytes(b"\xff\xfe other")
    assert changed(folder, before) == {"datasets/new.yaml"}


def test_without_the_key_nobody_can_try_values(folder: Path) -> None:
    assert not set(sums(folder).values()) & set(sums(folder, key="another key").values())


def test_the_packages() -> None:
    packages = installed_packages()
    assert {"scrapy", "pyarrow", "sqlalchemy"} <= packages.keys()
    assert all(packages.values())
