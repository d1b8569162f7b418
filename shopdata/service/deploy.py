"""Builds the project's egg, and gives it to the service if it is another one than the last."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from shopdata.config import shipped_files
from shopdata.exceptions import ShopdataError
from shopdata.service.client import Client, ServiceError
from shopdata.service.options import PROJECT, ServiceOptions

#: What a checkout has.
_PARTS = ("shopdata", "pipelines_config", "setup.py")
_KEEP_VERSIONS = 5
#: In an egg: the sum of what it was made of.
_SOURCE = "EGG-INFO/shopdata_source.txt"


class DeployError(ShopdataError):
    """Raised when the egg can't be built or is refused; the one that ran before still does."""


def source_folder() -> Path | None:
    """The checkout that this code runs from; None if it is an egg itself."""
    folder = Path(__file__).parents[2]
    return folder if all((folder / part).exists() for part in _PARTS) else None


def deploy(
    client: Client, options: ServiceOptions, source: Path, *, force: bool = False, is_shared: bool = False
) -> str:
    """Deploys what is in `source`.

    Args:
        is_shared: other services have the same eggs, and configurations of their own.

    Returns:
        the version, or "" if the service has just this already.

    Raises:
        DeployError, ServiceError.
    """
    note = options.folder / "deployed.json"
    sum_ = _sum_of(source, with_config=not is_shared)
    versions = client.get("listversions", project=PROJECT)["versions"]
    last = _last(note)
    if is_shared and not force:
        if _is_newest(options, versions, sum_):
            return ""
    elif not force and versions and last == {"version": versions[-1], "sha256": sum_}:
        return ""
    version = str(int(time.time()))
    if versions and versions[-1].isdecimal():
        # Two in one second; scrapyd runs the greatest.
        version = str(max(int(version), int(versions[-1]) + 1))
    with tempfile.TemporaryDirectory(prefix="shopdata-egg-") as folder:
        built = build_egg(source, Path(folder))
        with zipfile.ZipFile(built, "a") as packed:
            packed.writestr(_SOURCE, sum_)
        egg = built.read_bytes()
    put_egg(client, version, egg)
    note.write_text(json.dumps({"version": version, "sha256": sum_}), "utf-8")
    if not client.get("listjobs", project=PROJECT)["running"]:
        # A crawl loads modules from its egg for as long as it runs.
        for old in client.get("listversions", project=PROJECT)["versions"][:-_KEEP_VERSIONS]:
            # One that Windows does not let go of stays until the next time.
            with contextlib.suppress(ServiceError):
                client.post("delversion", project=PROJECT, version=old)
    return version


def _last(note: Path) -> object:
    """What was deployed last; None where that can't be known: then it is deployed anew."""
    try:
        return json.loads(note.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def put_egg(client: Client, version: str, egg: bytes) -> None:
    """Gives an egg to the service and sees that it is of use. Raises DeployError."""
    try:
        spiders = client.add_version(version, egg)
    except ServiceError as error:
        raise DeployError(
            "the new version can't be run and was taken back; the one before it stays",
            where=f"version {version}",
            found=error.found.strip().splitlines()[-1],
            todo="Fix it (`scrapy list` says more, as does service.log), then run `scrapy service restart`.",
        ) from None
    if not spiders:
        client.post("delversion", project=PROJECT, version=version)
        raise DeployError(
            "the new version has no spiders and was taken back; the one before it stays",
            where=f"version {version}",
            expected="what `scrapy list` shows",
            todo="See that shopdata/spiders is whole, then deploy again with `scrapy service restart`.",
        )


def build_egg(source: Path, folder: Path) -> Path:
    """Builds in a copy: no `build/` may stay in the project, and an old one must not get in. Raises DeployError."""
    copy = folder / "project"
    copy.mkdir()
    for path in _files_of(source):
        target = copy / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    build = [sys.executable, "setup.py", "--quiet", "bdist_egg", "--dist-dir", str(folder)]
    built = subprocess.run(build, cwd=copy, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603 - our setup.py
    eggs = list(folder.glob("*.egg"))
    if built.returncode != 0 or not eggs:
        raise DeployError(
            "the egg could not be built", where=str(source), found=built.stderr.strip()[-500:], todo="Fix setup.py."
        )
    return eggs[0]


def _is_newest(options: ServiceOptions, versions: Sequence[str], sum_: str) -> bool:
    """True if the newest egg was made of just this; False if none was.

    Raises:
        DeployError: an older one was: this machine would put all others back.
    """
    same = [version for version in versions if _source_of(options.folder / "eggs" / PROJECT / f"{version}.egg") == sum_]
    if same and same[-1] != versions[-1]:
        raise DeployError(
            "another machine has deployed a newer version than what is here, and that runs on this machine, too",
            where=f"version {same[-1]}, made of the files of this machine",
            found=f"version {versions[-1]}",
            todo="Bring the project's files here up to date. To go back on all machines, remove the newer version with "
            "delversion.json.",
        )
    return bool(same)


def _source_of(egg: Path) -> str:
    """The sum of what an egg was made of; "" where nobody has written it down."""
    try:
        with zipfile.ZipFile(egg) as packed:
            return packed.read(_SOURCE).decode("ascii")
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return ""


def _sum_of(source: Path, *, with_config: bool) -> str:
    digest = hashlib.sha256()
    for path in _files_of(source):
        if not with_config and path.is_relative_to(source / "pipelines_config"):
            continue
        digest.update(path.relative_to(source).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files_of(source: Path) -> Iterator[Path]:
    """What an egg is made of. Of the configuration only what is read: people keep notes and copies beside it."""
    for path in sorted((source / "shopdata").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path
    config = source / "pipelines_config"
    yield from (path for name in ("__init__.py", *shipped_files(config)) if (path := config / name).is_file())
    yield source / "setup.py"
