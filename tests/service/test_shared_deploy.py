"""What services share is deployed once, by whoever has the newest files; older files put nobody back."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from shopdata.service import deploy as deploying
from shopdata.service.deploy import DeployError, deploy
from shopdata.service.options import PROJECT, ServiceOptions


class Service:
    """The far end of a client: keeps eggs where all services have their copies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "service" / "eggs" / PROJECT
        self.folder.mkdir(parents=True)

    def get(self, page: str, **_: str) -> dict[str, Any]:
        assert page in ("listversions", "listjobs")
        versions = sorted((path.stem for path in self.folder.iterdir()), key=int)
        return {"versions": versions, "running": []}

    def add_version(self, version: str, egg: bytes) -> list[str]:
        (self.folder / f"{version}.egg").write_bytes(egg)
        return ["jd_store"]

    def post(self, page: str, **_: str) -> None:
        raise AssertionError(page)


def checkout(folder: Path, code: str, config: str) -> Path:
    for name, text in (("shopdata/a.py", code), ("pipelines_config/lake.yaml", config), ("setup.py", "")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def build(source: Path, folder: Path) -> Path:
        with zipfile.ZipFile(folder / "made.egg", "w") as egg:
            egg.writestr("shopdata/a.py", (source / "shopdata" / "a.py").read_text("utf-8"))
        return folder / "made.egg"

    monkeypatch.setattr(deploying, "build_egg", build)
    return Service(tmp_path)


def test_the_newest_files_run_everywhere(service: Any, tmp_path: Path) -> None:
    options = ServiceOptions(state_dir=tmp_path)
    old, same, new = (
        checkout(tmp_path / name, code, config)
        for name, code, config in (("old", "1", "here"), ("same", "1", "there"), ("new", "2", "here"))
    )

    def deployed(source: Path, **how: bool) -> str:
        return deploy(service, options, source, is_shared=True, **how)

    first = deployed(old)
    assert first
    # Another machine has a configuration of its own, which is none of the egg's business.
    assert deployed(same) == ""
    second = deployed(new)
    assert int(second) > int(first)
    assert deployed(new) == ""
    with pytest.raises(
        DeployError, match=f"version {first}, made of the files of this machine.*Found version {second}"
    ):
        deployed(old)
    assert int(deployed(old, force=True)) > int(second)
    # Of an egg that somebody else has built, nobody knows what it was made of: these files are newer, or not.
    (service.folder / "9999999999.egg").write_bytes(b"no zip")
    changed = checkout(tmp_path / "changed", "3", "here")
    assert deployed(changed) == "10000000000"
