"""Dremio's HTTP API as questions and JSON answers: login, tokens, errors as sentences (docs/dremio.md 1.1)."""

from __future__ import annotations

import json
import threading
from typing import Any

import urllib3
from urllib3 import exceptions as http

from shopdata import config
from shopdata.exceptions import RefreshError
from shopdata.network.pools import pool_for, reason_of, trouble_with_proxy

_CONNECT_SECONDS = 5.0
_TRIES = 3
#: The beginning of an error message says what is wrong; the rest is Dremio's own plan and stack.
_MESSAGE_CHARACTERS = 300


#: What a refresh that failed means.
NEXT_RUN = "The data is published; the next run refreshes it again."


class DremioHttp:
    """One account on one Dremio. Threads may share it.

    Args:
        answer_seconds: how long one answer may take.
    """

    def __init__(self, settings: config.Dremio, answer_seconds: float) -> None:
        self._settings = settings
        self._answer_seconds = answer_seconds
        self._pool = pool_for(
            settings.url,
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=answer_seconds),
            # Only what changes nothing is asked again (urllib3 leaves POST out by itself, whatever went wrong).
            retries=urllib3.Retry(
                total=_TRIES - 1,
                backoff_factor=0.2,
                status_forcelist=(502, 503, 504),
                raise_on_status=False,
                respect_retry_after_header=False,
                # A redirect leads to a sign-in page, or carries the token elsewhere.
                redirect=False,
            ),
            maxsize=16,
        )
        self._lock = threading.Lock()
        self._token = ""

    @property
    def where(self) -> str:
        """The address, for people."""
        return self._settings.url

    def close(self) -> None:
        """Closes the connections."""
        self._pool.clear()

    def get(self, path: str) -> Any:
        """The JSON under a path of the API.

        Raises:
            NotFoundError: there is nothing (404).
            RefreshError: anything else that is no answer.
        """
        return self._ask("GET", path, None)

    def post(self, path: str, body: Any = None) -> Any:
        """The JSON answer to a POST, None if it is empty. Raises as `get`."""
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: Any) -> Any:
        if personal := self._settings.token.get_secret_value():
            response = self._send(method, path, body, f"Bearer {personal}")
            if response.status == 401:
                raise RefreshError(
                    "Dremio refuses the token",
                    where=self.where,
                    found=f"HTTP {response.status}",
                    todo="Make a new personal access token in Dremio and put it into `token` of `dremio` in lake.yaml "
                    "(SHOPDATA_DREMIO_TOKEN).",
                )
            return self._read(response, path)
        token = self._token or self._login("")
        response = self._send(method, path, body, f"_dremio{token}")
        if response.status == 401:
            # The token's time was up, or Dremio was started anew. Once: a second refusal is about something else.
            response = self._send(method, path, body, f"_dremio{self._login(token)}")
        return self._read(response, path)

    def _login(self, stale: str) -> str:
        with self._lock:
            if self._token != stale:
                return self._token  # another thread was quicker
            password = self._settings.password.get_secret_value()
            credentials = {"userName": self._settings.username, "password": password}
            response = self._send("POST", "/apiv2/login", credentials, "")
            if response.status in (401, 403):
                raise RefreshError(
                    "Dremio refuses user name or password",
                    where=self.where,
                    found=f"HTTP {response.status} for user {self._settings.username!r}",
                    todo="Fix username and password of `dremio` in lake.yaml "
                    "(SHOPDATA_DREMIO_USERNAME, SHOPDATA_DREMIO_PASSWORD).",
                )
            answer = self._read(response, "/apiv2/login")
            token = answer.get("token") if isinstance(answer, dict) else None
            if not isinstance(token, str) or not token:
                raise self._no_dremio("an answer without a token")
            self._token = token
            return token

    def _send(self, method: str, path: str, body: Any, authorization: str) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": "application/json"}
        if authorization:
            headers["Authorization"] = authorization
        try:
            return self._pool.request(
                method, self._settings.url.rstrip("/") + path, json=body, headers=headers, redirect=False
            )
        except http.HTTPError as error:
            raise self._unreachable(error) from None

    def _read(self, response: urllib3.BaseHTTPResponse, path: str) -> Any:
        trouble = trouble_with_proxy(self.where, status=response.status)
        if trouble:
            raise RefreshError(trouble.what, where=self.where, found=trouble.found, todo=trouble.todo)
        try:
            answer = json.loads(response.data) if response.data else None
        except ValueError:
            if response.status < 500:
                raise self._no_dremio(f"HTTP {response.status} that is not JSON") from None
            answer = None
        if response.status < 300:
            return answer
        message = first_line(answer.get("errorMessage")) if isinstance(answer, dict) else ""
        found = f"HTTP {response.status}" + (f": {message}" if message else "")
        if response.status == 404:
            todo = "See what the source shows in Dremio."
            raise NotFoundError("Dremio has nothing there", where=self.where + path, found=found, todo=todo)
        if response.status in (401, 403):
            raise RefreshError(
                "Dremio does not let this user do it",
                where=self.where,
                found=found,
                todo=f"Give {self._user()} the right to alter the table and to see the source.",
            )
        if response.status >= 500:
            raise RefreshError("Dremio is not well", where=self.where, found=found, todo=NEXT_RUN)
        raise RefreshError(
            "Dremio refused the question", where=self.where + path, found=found, todo="Look into Dremio's own log."
        )

    def _user(self) -> str:
        return repr(self._settings.username) if self._settings.username else "the token's user"

    def _no_dremio(self, found: str) -> RefreshError:
        return RefreshError(
            "what answers there is not Dremio",
            where=self.where,
            found=found,
            todo="Fix `url` of `dremio` in lake.yaml (SHOPDATA_DREMIO_URL): scheme, host and port only.",
        )

    def _unreachable(self, error: http.HTTPError) -> RefreshError:
        trouble = trouble_with_proxy(self.where, error)
        if trouble:
            todo = f"{trouble.todo} {NEXT_RUN}"
            return RefreshError(trouble.what, where=self.where, found=trouble.found, todo=todo)
        reason = reason_of(error)
        if isinstance(reason, http.NameResolutionError):
            found = "no address for its host name"
        elif isinstance(reason, http.NewConnectionError):
            found = getattr(reason.__cause__, "strerror", None) or "no connection"
        elif isinstance(reason, http.ConnectTimeoutError):
            found = f"no connection within {_CONNECT_SECONDS:g} s"
        elif isinstance(reason, http.ReadTimeoutError):
            found = f"silence for {self._answer_seconds:g} s"
        elif isinstance(reason, http.SSLError):
            found = "a certificate or handshake that is not trusted (point SSL_CERT_FILE at its authority)"
        else:
            found = type(reason).__name__
        return RefreshError(
            "Dremio can't be reached",
            where=self.where,
            found=found,
            todo=f"See that it runs, or fix SHOPDATA_DREMIO_URL. {NEXT_RUN}",
        )


class NotFoundError(RefreshError):
    """Raised when Dremio answers 404; the caller knows what that means."""


def first_line(text: object) -> str:
    """The first line of a message of Dremio's, cut to a length that a person reads."""
    lines = str(text or "").strip().splitlines()
    line = lines[0].strip() if lines else ""
    return line if len(line) <= _MESSAGE_CHARACTERS else line[: _MESSAGE_CHARACTERS - 1] + "…"
