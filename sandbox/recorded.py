"""Answers that `scrapy doctor` has saved of a real portal, given again: what is in them goes before our own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

#: The form of the files that is read here.
FORMAT = 1
#: A host of a portal, method, path, and whether somebody is signed in.
Question = tuple[str, str, str, bool]


def read_recordings(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The saved answers by platform: of a folder with one folder for each shop, `jd_flagship`, or of one of these.

    Raises `ValueError` where there are none, or in a form that is not known.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted([*folder.glob("D*.json"), *folder.glob("*/D*.json")]):
        answer = json.loads(path.read_text("utf-8"))
        if answer.get("format") != FORMAT:
            raise ValueError(f"{path} is no answer that `scrapy doctor` of this version has saved")
        found.setdefault(path.parent.name.partition("_")[0], []).append(answer)
    if not found:
        raise ValueError(f"{folder} holds no answers that `scrapy doctor` has saved")
    return found


def by_question(answers: list[dict[str, Any]], hosts: Mapping[str, str]) -> dict[Question, dict[str, Any]]:
    """Those that can be given: data, and refusals. Pages and files are described only: ours stand in for them.

    Args:
        hosts: of each key of the portal's section its host here.
    """
    return {
        (hosts[answer["origin"]], answer["method"], answer["path"], answer["session"]): answer
        for answer in answers
        if answer["origin"] in hosts and ("json" in answer or answer["status"] != 200)
    }


def hosts_of(settings: Mapping[str, Any], origins: Mapping[str, str]) -> dict[str, str]:
    """Which host each key of a section of portals.yaml is here."""
    places = {urlsplit(origin).netloc: host for host, origin in origins.items()}
    found = {key: urlsplit(value).netloc for key, value in settings.items() if isinstance(value, str)}
    found |= {key: value[0] for key, value in settings.items() if key == "home_hosts" and value}
    return {key: places[place] for key, place in found.items() if place in places}


def as_recorded(
    host: str, answers: Callable[[], Mapping[Question, dict[str, Any]]], is_live: Callable[[web.Request], bool]
) -> Middleware:
    """A middleware that gives them. `answers` are asked for when all hosts are up."""

    @web.middleware
    async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = answers().get((host, request.method, request.path, is_live(request)))
        if answer is None:
            return await handler(request)
        headers = {"Location": answer["location"]} if answer["location"] else {}
        if "json" in answer:
            return web.json_response(answer["json"], status=answer["status"], headers=headers)
        return web.Response(status=answer["status"], headers=headers)

    return serve
