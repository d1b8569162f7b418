"""D9, D13: where links lead, and what the file behind one is."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from scrapy import Request

from shopdata.config.datasets import Dataset
from shopdata.config.recipes import FileStep, Recipe
from shopdata.doctor.asking import Answer
from shopdata.doctor.examination import Examination
from shopdata.doctor.findings import Finding, Key, differs, holds, note, unseen
from shopdata.doctor.judging import Place
from shopdata.excel import Contract, read_table, sniff
from shopdata.excel.names import suggest
from shopdata.exceptions import RejectedFileError

_MAGIC = {b"\xd0\xcf\x11\xe0": "xls", b"PK\x03\x04": "xlsx"}
_MOST_REDIRECTS = 3
_ASK_AGAIN_SECONDS = 2.0
#: What a storage says to a link that is not good yet, or no more.
_LINK_IS_DEAD = (403, 404, 410)


@dataclass(frozen=True)
class Fetched:
    """What a link led to."""

    answer: Answer
    host: str

    @property
    def body(self) -> bytes:
        return self.answer.body


async def fetch(
    exam: Examination,
    link: Any,
    subject: str,
    probe: str,
    *,
    base: str = "",
    with_session: bool = False,
    most_bytes: int | None = None,
    keep_seconds: float = 0,
) -> Fetched | Finding:
    """What a link leads to, or why it can't be had; nothing is asked of a host that is not allowed.

    Args:
        base: completes a link without a host.
        most_bytes: only the first so many are asked for.
        keep_seconds: for how long a dead link is tried.
    """
    if not isinstance(link, str) or not link:
        return unseen("no_report", subject)
    url = urljoin(base or exam.portal.login_url, link.strip())
    deadline = time.monotonic() + keep_seconds
    for _ in range(_MOST_REDIRECTS + 1):
        host = urlsplit(url).netloc
        if not exam.portal.allows_download(url):
            key = exam.key("download_hosts", [*exam.portal.download_hosts, host])
            return differs("download_host", subject, key, host=host, allowed=", ".join(exam.portal.download_hosts))
        headers = {"Range": f"bytes=0-{most_bytes - 1}"} if most_bytes is not None else {}
        while True:
            request = Request(url, headers=headers, dont_filter=True)
            answer = await exam.asker.ask(request, probe, with_session=with_session, is_file=True)
            if answer.status not in _LINK_IS_DEAD or time.monotonic() > deadline:
                break
            await asyncio.sleep(min(_ASK_AGAIN_SECONDS, keep_seconds))
        if answer.failure:
            return unseen("answer", subject, why=answer.failure)
        if 300 < answer.status < 400 and answer.location:
            url = urljoin(url, answer.location)
            continue
        if answer.status not in (200, 206):
            return differs("link_dead", subject, host=host, status=answer.status)
        return Fetched(answer, host)
    return unseen("answer", subject, why="redirects")


def judge_head(fetched: Fetched, recipe: Recipe, subject: str) -> Finding:
    """D9: the first bytes of an old report."""
    kind = _MAGIC.get(fetched.body[:4], "-")
    query = {part.partition("=")[0] for part in urlsplit(fetched.answer.url).query.split("&")}
    names = ", ".join(sorted(query - {""}))
    return holds("link", subject, host=fetched.host, kind=kind, names=names or "-")


def judge_file(fetched: Fetched, step: FileStep, place: Place, dataset: str, contract: Dataset) -> list[Finding]:
    """D13: what the file is, and whether the contract's columns are in it. Reads it: blocking."""
    return list(_of_file(fetched, step, place, dataset, contract))


def _of_file(fetched: Fetched, step: FileStep, place: Place, dataset: str, contract: Dataset) -> Iterator[Finding]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(fetched.body)
        kind = sniff(path)
        if step.file not in ("any", kind):
            yield differs("file_kind", dataset, place.key("file", kind), wanted=step.file, found=kind)
        try:
            table = read_table(path, Contract.of(contract), where=dataset)
        except RejectedFileError as error:
            for column in error.params.get("columns", ()) if error.code == "missing_columns" else ():
                header = [name.strip() for name in error.found.removesuffix(" …").split(",")]
                unknown = [name for name in header if name not in contract.columns]
                likely = suggest(column, unknown)
                key = Key(f"datasets/{dataset}.yaml", f"aliases.{column}", [likely[0]] if likely else None)
                yield differs("column", dataset, key, column=column, names=error.found)
            if error.code != "missing_columns":
                yield differs("file", dataset, Key(f"datasets/{dataset}.yaml", "columns"), why=str(error))
            return
        if table.new:
            yield note("columns_new", dataset, Key(f"datasets/{dataset}.yaml", "columns"), names=", ".join(table.new))
        if table.missing:
            yield note(
                "columns_gone", dataset, Key(f"datasets/{dataset}.yaml", "aliases"), names=", ".join(table.missing)
            )
        yield holds("file", dataset, host=fetched.host, kind=kind, rows=table.rows, columns=len(table.columns))


def rows_of(fetched: Fetched, contract: Dataset) -> int | None:
    """How many rows of data a file has; None where it is no table of the contract. Reads it: blocking."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(fetched.body)
        try:
            return read_table(path, Contract.of(contract)).rows
        except RejectedFileError:
            return None
