"""The spiders of an egg: which version of it is meant, and what is in it, asked while nobody waits."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from typing import Any

from scrapyd.exceptions import RunnerError
from scrapyd.webservice import spider_list
from twisted.internet.threads import deferToThread

from shopdata.exceptions import StoreError

#: `scrapy list` takes two or three seconds, and on a machine with much else to do a minute and more; an egg that waits
#: for something when it is imported would take for ever. `client` waits a little longer.
_LIST_SECONDS = 240


async def version_at_hand(root: Any, project: str, version: str | None) -> str | None:
    """The version that is meant. Where services share eggs, one that others may have had first is fetched, and none
    is the newest as it is known here: every service that takes the job runs the same."""
    if root.inside.eggs is None:
        return version
    if version is not None:
        with suppress(StoreError):
            await deferToThread(root.inside.eggs.bucket.fetch, project, version)
        return version
    versions = root.eggstorage.list(project)
    return str(versions[-1]) if versions else None


async def listed(root: Any, project: str, version: str | None, *, is_new: bool = False) -> list[str]:
    """The spiders of an egg, asked in a thread and remembered where scrapyd looks for them.

    Raises:
        RunnerError: it could not be imported, or not within four minutes.
    """
    known = spider_list.cache[project]
    if is_new or version not in known:
        spiders = await deferToThread(_list_spiders, root.runner, project, version)
        # As scrapyd's own: which version `None` stands for may have changed.
        spider_list.cache[project].pop(None, None)
        spider_list.cache[project][version] = spiders
    return list(spider_list.cache[project][version])


def _list_spiders(runner: str, project: str, version: str | None) -> list[str]:
    env = os.environ | {"PYTHONIOENCODING": "UTF-8", "SCRAPY_PROJECT": project}
    if version:
        env["SCRAPYD_EGG_VERSION"] = version
    args = [sys.executable, "-m", runner, "list", "-s", "LOG_STDOUT=0"]
    try:
        ran = subprocess.run(args, env=env, capture_output=True, timeout=_LIST_SECONDS, check=False)  # noqa: S603 - ours
    except subprocess.TimeoutExpired:
        raise RunnerError(f"its spiders could not be listed within {_LIST_SECONDS} s") from None
    if ran.returncode:
        raise RunnerError((ran.stderr or ran.stdout).decode(errors="replace"))
    return ran.stdout.decode().splitlines()
