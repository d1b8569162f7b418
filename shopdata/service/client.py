"""Speaks to the service over HTTP, as scrapyd's users do."""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import Any

import urllib3

from shopdata.exceptions import TransientError
from shopdata.network.pools import pool_for, trouble_with_proxy
from shopdata.service.options import PROJECT, ServiceOptions

_TIMEOUT_SECONDS = 60
#: The service itself gives up listing the spiders of an egg sooner, and says so.
_LIST_TIMEOUT_SECONDS = 270


class ServiceError(TransientError):
    """Raised when the service does not answer, or answers that it will not."""


class Client:
    """One service; every answer is looked at: scrapyd's mistakes come with HTTP 200."""

    def __init__(self, options: ServiceOptions) -> None:
        self._url = options.url
        credentials = base64.b64encode(":".join(options.credentials()).encode()).decode()
        headers = {"Authorization": f"Basic {credentials}"}
        self._pool = pool_for(options.url, headers=headers, timeout=_TIMEOUT_SECONDS, retries=False)

    def get(self, page: str, **parameters: str) -> dict[str, Any]:
        """Asks `PAGE.json`. Raises ServiceError."""
        return self._ask("GET", page, fields=parameters)

    def post(self, page: str, **parameters: str) -> dict[str, Any]:
        """Tells `PAGE.json`. Raises ServiceError."""
        return self._ask("POST", page, fields=parameters, encode_multipart=False)

    def add_version(self, version: str, egg: bytes) -> list[str]:
        """Deploys an egg.

        Returns:
            the names of its spiders.

        Raises:
            ServiceError: the service could not list them; it has not kept the egg.
        """
        self._ask(
            "POST",
            "addversion",
            fields={"project": PROJECT, "version": version, "egg": ("project.egg", egg)},
            timeout=_LIST_TIMEOUT_SECONDS,
        )
        asked = {"project": PROJECT, "_version": version}
        listed = self._ask("GET", "listspiders", fields=asked, timeout=_LIST_TIMEOUT_SECONDS)
        spiders: list[str] = listed["spiders"]
        return spiders

    def _ask(self, method: str, page: str, **options: Any) -> dict[str, Any]:
        where = f"{self._url}/{page}.json"
        code = None
        try:
            response = self._pool.request(method, where, **options)
            code = response.status
            answer: dict[str, Any] = response.json()
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            trouble = trouble_with_proxy(where, error, code)
            if trouble:
                raise ServiceError(trouble.what, where=where, found=trouble.found, todo=trouble.todo) from None
            if code == HTTPStatus.UNAUTHORIZED:
                raise ServiceError(
                    "the running service has another user name or password",
                    where=where,
                    found=f"HTTP {code}",
                    todo="Set SHOPDATA_SERVICE_USERNAME and SHOPDATA_SERVICE_PASSWORD as they were when it started, or "
                    "let `scrapy service restart` take over what they are now.",
                ) from None
            raise ServiceError(
                "the service does not answer" if code is None else "this is not how our service answers",
                where=where,
                found=f"HTTP {code}" if code else type(error).__name__,
                todo="Look at `scrapy service status`.",
            ) from None
        if answer.get("status") != "ok":
            text = str(answer.get("message", answer)).strip()
            raise ServiceError(
                "the service refuses", where=where, found=text[-2000:], todo="Look at `scrapy service log`."
            )
        return answer
