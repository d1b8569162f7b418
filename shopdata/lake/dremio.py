"""Tells Dremio that a dataset's files have changed: metadata first, then the reflections (docs/dremio.md 1.2).

Blocking and thread-safe: a caller inside the reactor uses a thread. Not tried against a living Dremio yet: what is
known of it comes from the source of 25.2 and its documentation.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from shopdata import config
from shopdata.exceptions import RefreshError
from shopdata.lake.dremio_http import DremioHttp, NotFoundError, first_line

_FINAL_STATES = frozenset({"COMPLETED", "CANCELED", "FAILED", "INVALID_STATE"})
#: A reflection whose data is not fetched anew and that is not at work for so long was not in need of it: Dremio looks
#: for work every ten seconds or so, and leaves out reflections whose files did not change.
_QUIET_SECONDS = 15.0
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 5.0

Answer = TypeVar("Answer")


class TimeSource(Protocol):
    """Time as the `time` module has it."""

    def monotonic(self) -> float:
        """Seconds since some moment."""

    def sleep(self, seconds: float, /) -> None:
        """Waits."""


class DremioClient:
    """Refreshes datasets on one Dremio.

    Args:
        settings: with a url.
        clock: `time`, or one that a test turns.
        answer_seconds: how long one answer may take; the whole refresh has `settings.timeout_seconds`.
    """

    def __init__(self, settings: config.Dremio, *, clock: TimeSource = time, answer_seconds: float = 30) -> None:
        self._settings = settings
        self._clock = clock
        self._http = DremioHttp(settings, answer_seconds)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def refresh(self, bucket: str, platform: str, dataset: str) -> str:
        """Makes Dremio read the dataset's files anew and waits until it has; what it said about that.

        Raises:
            RefreshError: it could not be told, refused, failed, or took longer than `timeout_seconds`.
        """
        path = self._settings.table(bucket, platform, dataset)
        deadline = self._clock.monotonic() + self._settings.timeout_seconds
        summary = self._refresh_metadata(path, deadline)
        # After the metadata: reflections that are refreshed before it read the old list of files.
        reflections = self._refresh_reflections(path, deadline)
        return " ".join(filter(None, (summary, reflections)))

    def look_for_source(self) -> str:
        """Signs in and looks whether Dremio has the source, without refreshing anything; where that is, for people.

        Raises:
            RefreshError: it could not be asked, refused, or has no such source.
        """
        source = self._settings.source
        try:
            self._http.get(f"/api/v3/catalog/by-path/{quote(source, safe='')}")
        except NotFoundError as error:
            raise RefreshError(
                "Dremio has no such source, or does not show it to this user",
                where=self._at((source,)),
                found=error.found,
                todo="Fix `source` of `dremio` in lake.yaml, or add the source in Dremio.",
            ) from None
        return self._at((source,))

    def count_rows(self, bucket: str, platform: str, dataset: str, dt: str) -> int:
        """How many rows Dremio sees in one partition.

        Raises:
            RefreshError: it could not be asked, refused, failed, or took longer than `timeout_seconds`.
        """
        path = self._settings.table(bucket, platform, dataset)
        # dir0 is the folder's name, whether the source infers partition columns or not (docs/dremio.md 1.2).
        sql = f'SELECT COUNT(*) AS "rows" FROM {quoted(path)} WHERE "dir0" = \'dt={dt}\''  # noqa: S608
        row = self._run(sql, path, self._clock.monotonic() + self._settings.timeout_seconds)
        try:
            return int(row["rows"])
        except (KeyError, TypeError, ValueError):
            raise self._not_understood("no number of rows in it") from None

    def _refresh_metadata(self, path: Sequence[str], deadline: float) -> str:
        # The order of the clauses is fixed. AUTO PROMOTION makes a table of a folder that is not one yet; FORCE UPDATE,
        # because a file that was replaced under its old name is to be seen at once.
        sql = f"ALTER TABLE {quoted(path)} REFRESH METADATA AUTO PROMOTION FORCE UPDATE"
        row = self._run(sql, path, deadline)
        summary = first_line(row.get("summary"))
        # A completed job may also say that it found nothing and has forgotten the table.
        if row.get("ok") is False or "no longer exists" in summary:
            raise RefreshError(
                "Dremio does not see the files",
                where=self._at(path),
                found=summary or "a refresh that is not ok",
                todo="See that `source` and `path` of `dremio` in lake.yaml lead to the files of this bucket.",
            )
        return summary

    def _run(self, sql: str, path: Sequence[str], deadline: float) -> dict[str, Any]:
        """The first row of what a statement results in; empty if there is none."""
        job = self._field(self._http.post("/api/v3/sql", {"sql": sql}), "id")
        self._wait_for_job(job, path, deadline)
        answer = self._http.get(f"/api/v3/job/{quote(job, safe='')}/results?offset=0&limit=1")
        rows: list[dict[str, Any]] = (answer.get("rows") if isinstance(answer, dict) else None) or [{}]
        return rows[0]

    def _wait_for_job(self, job: str, path: Sequence[str], deadline: float) -> None:
        def ended() -> dict[str, Any] | None:
            answer = self._http.get(f"/api/v3/job/{quote(job, safe='')}")
            return answer if self._field(answer, "jobState") in _FINAL_STATES else None

        answer = self._poll(ended, deadline)
        if answer is None:
            self._cancel(job)
            raise RefreshError(
                "Dremio did not end the refresh in time",
                where=self._at(path),
                found=f"job {job} still at work after {self._settings.timeout_seconds:g} s; it was told to stop",
                todo="See in Dremio what it waits for, or raise `timeout_seconds` of `dremio` in lake.yaml.",
            )
        if answer["jobState"] != "COMPLETED":
            reason = first_line(answer.get("errorMessage") or answer.get("cancellationReason"))
            raise RefreshError(
                "Dremio's refresh did not succeed",
                where=self._at(path),
                found=f"job {job} {answer['jobState']}" + (f": {reason}" if reason else ""),
                todo="See that the source reads this bucket, that `source` and `path` of `dremio` in lake.yaml lead to "
                "it, and that the user may alter the table; the next run refreshes it again.",
            )

    def _cancel(self, job: str) -> None:
        try:
            self._http.post(f"/api/v3/job/{quote(job, safe='')}/cancel")
        except RefreshError:
            # The time-out is the news; a job that can't be stopped either ends by itself.
            return

    def _refresh_reflections(self, path: Sequence[str], deadline: float) -> str:
        where = "/".join(quote(part, safe="") for part in path)
        try:
            entry = self._http.get(f"/api/v3/catalog/by-path/{where}")
        except NotFoundError as error:
            raise self._not_a_table(path, error.found) from None
        if not isinstance(entry, dict) or entry.get("entityType") != "dataset":
            raise self._not_a_table(path, "a folder")
        table = quote(self._field(entry, "id"), safe="")
        before = {r.id: r for r in self._reflections(table)}
        if not before:
            return ""
        self._http.post(f"/api/v3/catalog/{table}/refresh")
        asked_at = self._clock.monotonic()

        def settled() -> list[_Reflection] | None:
            now = self._reflections(table)
            is_quiet = self._clock.monotonic() - asked_at >= _QUIET_SECONDS
            done = all(not r.is_at_work and (r != before.get(r.id) or is_quiet) for r in now)
            return now if done else None

        after = self._poll(settled, deadline)
        if after is None:
            raise RefreshError(
                "Dremio did not end the refresh of the reflections in time",
                where=self._at(path),
                found=f"reflections still at work after {self._settings.timeout_seconds:g} s",
                todo="Queries may show old rows until they are done; see Dremio's page on reflections.",
            )
        failed = [r for r in after if r.has_failed_since(before.get(r.id))]
        if failed:
            raise RefreshError(
                "Dremio could not refresh a reflection",
                where=self._at(path),
                found=", ".join(f"{r.name or r.id} {r.state}" for r in failed),
                todo="Queries may show old rows; see Dremio's page on reflections.",
            )
        return f"{len(after)} reflection{'s' if len(after) > 1 else ''} up to date."

    def _reflections(self, table: str) -> list[_Reflection]:
        answer = self._http.get(f"/api/v3/dataset/{table}/reflection")
        found = answer.get("data") if isinstance(answer, dict) else None
        return [_Reflection.read(entry) for entry in found or [] if entry.get("enabled", True)]

    def _poll(self, ask: Callable[[], Answer | None], deadline: float) -> Answer | None:
        """Asks until there is an answer, ever less often; None at the deadline."""
        wait = _FIRST_WAIT_SECONDS
        while True:
            answer = ask()
            left = deadline - self._clock.monotonic()
            if answer is not None or left <= 0:
                return answer
            self._clock.sleep(min(wait, left))
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)

    def _field(self, answer: Any, name: str) -> str:
        value = answer.get(name) if isinstance(answer, dict) else None
        if not isinstance(value, str) or not value:
            raise self._not_understood(f"no `{name}` in it")
        return value

    def _not_understood(self, found: str) -> RefreshError:
        return RefreshError(
            "Dremio's answer is not understood",
            where=self._http.where,
            found=found,
            todo="See that this is Dremio 24 or newer; tell the maintainers its version.",
        )

    def _not_a_table(self, path: Sequence[str], found: str) -> RefreshError:
        return RefreshError(
            "Dremio has no table there",
            where=self._at(path),
            found=found,
            expected="a dataset, since the refresh of its metadata has succeeded",
            todo="Make a table of the folder in Dremio (format Parquet), then run again.",
        )

    def _at(self, path: Sequence[str]) -> str:
        return f"{self._http.where} {quoted(path)}"


@dataclass(frozen=True)
class _Reflection:
    """What tells whether a reflection has been refreshed; equal means that nothing happened."""

    id: str
    name: str
    state: str
    refresh: str
    failures: int
    last_fetch: str

    @classmethod
    def read(cls, entry: dict[str, Any]) -> _Reflection:
        status = entry.get("status") or {}
        return cls(
            id=str(entry.get("id", "")),
            name=str(entry.get("name", "")),
            state=str(status.get("combinedStatus", "")),
            refresh=str(status.get("refresh", "")),
            failures=int(status.get("failureCount") or 0),
            last_fetch=str(status.get("lastDataFetch") or ""),
        )

    @property
    def is_at_work(self) -> bool:
        return self.refresh == "RUNNING" or self.state in ("REFRESHING", "CANNOT_ACCELERATE_INITIALIZING")

    def has_failed_since(self, before: _Reflection | None) -> bool:
        return self.state in ("FAILED", "INVALID") or self.failures > (before.failures if before else 0)


def quoted(path: Sequence[str]) -> str:
    """A path as SQL writes it: every part in double quotes, a quote in it doubled."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in path)
