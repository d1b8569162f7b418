"""A double of Dremio's HTTP API for demo and tests, as docs/dremio.md 1 tells it.

Its answers follow the source of 25.2 and the documentation; nothing in it was compared with a living Dremio. What is
our own guess is marked as such. Of each dataset there is a folder below its source and bucket; files are read for
counts only.
"""

from __future__ import annotations

import io
import secrets
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow.parquet as pq
from pydantic import SecretStr

from sandbox.dremio_jobs import Jobs, RefusedError
from sandbox.dremio_reflections import Outcome, Reflection
from sandbox.dremio_server import JsonServer
from sandbox.dremio_sql import CountRows, RefreshMetadata, SqlError, parse
from shopdata import config
from shopdata.store.object_store import ObjectStore

#: What can go wrong, by name.
FAULTS = frozenset(
    {
        "login_refused",  # 401 whatever the password
        "token_expired",  # once: all tokens are forgotten, the next question gets 401
        "token_refused",  # 401 for every token, though logging in works
        "forbidden",  # 403 for statements
        "unavailable",  # 503 for everything
        "web_page",  # HTML for everything, as a proxy's sign-in page
        "silence",  # no answer to a statement until the double ends
        "job_failed",  # FAILED with a message
        "job_canceled",  # CANCELED by somebody else
        "job_stuck",  # RUNNING until it is cancelled
        "table_gone",  # COMPLETED, though the table was forgotten
        "table_unchanged",  # COMPLETED without anything to do
        "table_not_in_catalog",  # 404 by path in spite of a completed job
        "reflection_failed",
        "reflection_stuck",
        "reflection_not_needed",  # asked for, and rightly left as it is
    }
)

_TOKEN_SECONDS = 30 * 3600


@dataclass(frozen=True)
class Asked:
    """One question that the double was asked; a login's body is left out."""

    method: str
    path: str
    body: Any


@dataclass
class _Table:
    id: str
    reflections: list[Reflection] = field(default_factory=list)


class DremioDouble:
    """The API on a free loopback port while the context is open.

    Args:
        lake: where the files are that it counts rows of; without, it knows only those of `set_rows`.
        mounted_at: the part of the store that its source shows: nothing is all buckets, `warehouse` that bucket,
            `warehouse/ods` a folder in it.
        token_only: nobody may sign in with user name and password.

    Attributes:
        asked: every question so far.
        refreshed: paths of the tables whose metadata was refreshed, in order, with repetitions.
    """

    def __init__(
        self,
        *,
        source: str = "minio",
        bucket: str = "warehouse",
        lake: config.ObjectStoreSettings | None = None,
        mounted_at: str = "",
        token_only: bool = False,
    ) -> None:
        self.username = "shopdata"
        self.password = secrets.token_urlsafe(16)
        #: A personal access token, taken as `Bearer`.
        self.token = secrets.token_urlsafe(16)
        self._token_only = token_only
        self._faults: set[str] = set()
        self.asked: list[Asked] = []
        self.refreshed: list[tuple[str, ...]] = []
        self._source = source
        self._bucket = bucket
        self._mounted_at = tuple(filter(None, mounted_at.split("/")))
        self._lake = lake
        self._tokens: set[str] = set()
        self._jobs = Jobs()
        self._tables: dict[tuple[str, ...], _Table] = {}
        self._rows: dict[tuple[tuple[str, ...], str], int] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def __enter__(self) -> DremioDouble:
        self._server = JsonServer(self._answer)
        return self

    def __exit__(self, *exception: object) -> None:
        self._ended.set()
        self._server.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.port}"

    def settings(self) -> config.Dremio:
        """How to reach it, as lake.yaml would say."""
        return config.Dremio(
            url=self.url, username=self.username, password=SecretStr(self.password), source=self._source
        )

    def environment(self) -> dict[str, str]:
        """The variables that the packaged lake.yaml reads."""
        return {
            "SHOPDATA_DREMIO_URL": self.url,
            "SHOPDATA_DREMIO_USERNAME": self.username,
            "SHOPDATA_DREMIO_PASSWORD": self.password,
        }

    def set_faults(self, *names: str) -> None:
        """Makes these things go wrong from now on, and no others."""
        unknown = set(names) - FAULTS
        if unknown:
            raise ValueError(f"the double knows no fault {', '.join(sorted(unknown))}: {', '.join(sorted(FAULTS))}")
        self._faults = set(names)

    def promote(self, *path: str, reflections: int = 0) -> None:
        """Makes a folder a table beforehand, with some reflections on it."""
        table = self._tables.setdefault(path, _Table(str(uuid.uuid4())))
        table.reflections = [Reflection(f"raw {n}") for n in range(1, reflections + 1)]

    def set_rows(self, *path: str, dt: str, rows: int) -> None:
        """Makes it see so many rows in a partition, whatever the files hold."""
        self._rows[path, f"dt={dt}"] = rows

    def questions(self, method: str, path: str) -> list[Asked]:
        """Those whose path begins so."""
        return [asked for asked in self.asked if asked.method == method and asked.path.startswith(path)]

    def _answer(self, method: str, target: str, token: str, body: Any) -> tuple[int, Any]:
        """Status and body for one question; called by the server's threads."""
        path = urlsplit(target).path
        with self._lock:
            self.asked.append(Asked(method, target, None if path == "/apiv2/login" else body))
        if "silence" in self._faults and path == "/api/v3/sql":
            self._ended.wait()
        if "web_page" in self._faults:
            return 200, b"<html>Sign in</html>"
        with self._lock:
            try:
                return self._route(method, path, token, body)
            except RefusedError as error:
                return error.status, {"errorMessage": error.message, "moreInfo": "", "stackTrace": []}

    def _route(self, method: str, path: str, token: str, body: Any) -> tuple[int, Any]:
        if "unavailable" in self._faults:
            raise RefusedError(503, "Dremio is starting")
        if (method, path) == ("POST", "/apiv2/login"):
            return self._login(body)
        self._check(token)
        parts = path.removeprefix("/api/v3/").split("/")
        match [method, *parts]:
            case ["POST", "sql"]:
                return self._submit(body)
            case ["GET", "job", job]:
                return 200, self._jobs.look(job)
            case ["GET", "job", job, "results"]:
                return 200, self._jobs.results(job)
            case ["POST", "job", job, "cancel"]:
                self._jobs.cancel(job)
                return 204, None
            case ["GET", "catalog", "by-path", *segments]:
                return self._by_path(tuple(unquote(segment) for segment in segments))
            case ["POST", "catalog", table, "refresh"]:
                return self._refresh_reflections(self._table(unquote(table)))
            case ["GET", "dataset", table, "reflection"]:
                return 200, {"data": [reflection.look() for reflection in self._table(unquote(table)).reflections]}
        raise RefusedError(404, "HTTP 404 Not Found")

    def _login(self, body: Any) -> tuple[int, Any]:
        known = {"userName": self.username, "password": self.password}
        if body != known or self._token_only or "login_refused" in self._faults:
            raise RefusedError(401, "Login failed: Invalid username or password")
        token = secrets.token_hex(16)
        self._tokens.add(token)
        return 200, {
            "token": token,
            "userName": self.username,
            "firstName": "",
            "lastName": "",
            "expires": int((time.time() + _TOKEN_SECONDS) * 1000),
            "email": "",
            "userId": str(uuid.UUID(int=1)),
            "admin": False,
            "clusterId": str(uuid.UUID(int=2)),
            "version": "25.2.0",
            "permissions": {},
        }

    def _check(self, token: str) -> None:
        if "token_expired" in self._faults:
            self._faults.discard("token_expired")
            self._tokens.clear()
        # docs/dremio.md 1.1: a token of a login and one of a person are told apart by the word in front.
        is_known = token.removeprefix("_dremio") in self._tokens or token == f"Bearer {self.token}"
        if not is_known or "token_refused" in self._faults:
            raise RefusedError(401, "HTTP 401 Unauthorized")

    def _submit(self, body: Any) -> tuple[int, Any]:
        if "forbidden" in self._faults:
            raise RefusedError(403, "User not authorized")
        if not isinstance(body, dict) or not isinstance(body.get("sql"), str):
            raise RefusedError(400, "sql is required")
        return 200, {"id": self._jobs.submit(body["sql"], self._run, self._faults)}

    def _run(self, sql: str) -> dict[str, Any]:
        """The one row that the statement gives."""
        wanted = parse(sql)
        if isinstance(wanted, CountRows):
            if wanted.path not in self._tables:
                raise SqlError(f"VALIDATION ERROR: Object '{wanted.path[-1]}' not found within '{wanted.path[0]}'")
            return {"rows": self._count(wanted)}
        return {"ok": True, "summary": self._refresh(wanted)}

    def _count(self, wanted: CountRows) -> int:
        known = self._rows.get((wanted.path, wanted.folder))
        if known is not None or self._lake is None:
            return known or 0
        prefix = "/".join((*self._folder(wanted.path)[1:], wanted.folder, ""))
        with ObjectStore(self._lake) as store:
            files = [io.BytesIO(store.get_bytes(key)) for key in store.list_keys(prefix)]
        return sum(pq.read_metadata(file).num_rows for file in files)

    def _folder(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """The bucket and folders of the store that a path in Dremio stands for."""
        return (*self._mounted_at, *path[1:])

    def _shows(self, path: tuple[str, ...]) -> bool:
        folder = self._folder(path)
        return path[:1] == (self._source,) and folder[:2] == (self._bucket, "ods") and len(folder) == 4

    def _refresh(self, wanted: RefreshMetadata) -> str:
        """The statement's summary."""
        name = ".".join(wanted.path)
        if not self._shows(wanted.path) or (wanted.path not in self._tables and not wanted.promotes):
            raise SqlError(f"VALIDATION ERROR: Dataset [{name}] not found.")
        if "table_gone" in self._faults:
            return f"Table '{name}' no longer exists, metadata removed."
        self._tables.setdefault(wanted.path, _Table(str(uuid.uuid4())))
        if "table_unchanged" in self._faults:
            return (
                f"Table '{name}' read signature reviewed but source stated metadata is unchanged, no refresh occurred."
            )
        self.refreshed.append(wanted.path)
        return f"Metadata for table '{name}' refreshed."

    def _by_path(self, path: tuple[str, ...]) -> tuple[int, Any]:
        if path == (self._source,):
            return 200, {"entityType": "source", "type": "S3", "id": str(uuid.UUID(int=3)), "name": self._source}
        if not self._shows(path) or "table_not_in_catalog" in self._faults:
            raise RefusedError(404, f"Could not find entity with path [{list(path)}]")
        table = self._tables.get(path)
        if table is None:
            return 200, {"entityType": "folder", "id": "dremio:/" + "/".join(path), "path": list(path)}
        return 200, {"entityType": "dataset", "type": "PHYSICAL_DATASET", "id": table.id, "path": list(path)}

    def _table(self, number: str) -> _Table:
        for table in self._tables.values():
            if table.id == number:
                return table
        raise RefusedError(404, f"Could not find entity with id [{number}]")

    def _refresh_reflections(self, table: _Table) -> tuple[int, Any]:
        outcomes: tuple[Outcome, ...] = ("failed", "stuck", "not_needed")
        for reflection in table.reflections:
            reflection.refresh(next((o for o in outcomes if f"reflection_{o}" in self._faults), "done"))
        return 204, None
