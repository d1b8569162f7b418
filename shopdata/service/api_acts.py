"""What programs do by the service's API, as acts: noted when the answer says that it was done."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from twisted.internet.threads import deferToThread

from shopdata.arguments import ARGUMENTS
from shopdata.ledger.acts import Act
from shopdata.service.acts import note
from shopdata.service.door.decisions import client_address
from shopdata.texts import one_line
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)

#: By page: the code, the parameter that says to what it was done, and those that are kept besides. Values of others
#: could be secrets.
_NOTED: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "schedule.json": ("schedule", "spider", ("project", "jobid", "_version", *ARGUMENTS)),
    "cancel.json": ("cancel", "job", ("project", "signal")),
    "addversion.json": ("deploy", "project", ("version",)),
    "delversion.json": ("remove_version", "project", ("version",)),
    "delproject.json": ("remove_project", "project", ()),
    "cells.json": ("collect", "dataset", ("dt", "shops", "force")),
    "signins.json": ("sign_in_link", "shop", ()),
    "recordings.json": ("record_link", "name", ("shop",)),
    "service.json": ("", "", ("mode",)),
    "cron.json": ("", "job", ()),
}
#: Of pages that do several things.
_BY_ACTION: Mapping[str, Mapping[str, str]] = {
    "cron.json": {"run": "run_now", "pause": "pause", "resume": "resume"},
    "service.json": {"stop": "stop_service", "drain": "drain_service", "undrain": "undrain_service"},
}
#: All that can be noted here.
CODES = {code for code, _, _ in _NOTED.values() if code} | {
    code for codes in _BY_ACTION.values() for code in codes.values()
}
_LONGEST = 200


def watch(request: Any, page: str, workspace: Workspace) -> None:
    """Notes what this request does, if it is an act, when it is done."""
    if request.method != b"POST" or page not in _NOTED:
        return
    given = {
        name.decode("utf-8", "replace"): one_line(values[0][: 4 * _LONGEST].decode("utf-8", "replace"), _LONGEST)
        for name, values in request.args.items()
        if values and name not in (b"egg", b"setting")
    }
    code, target, kept = _NOTED[page]
    params: dict[str, Any] = {name: given[name] for name in kept if name in given}
    if settings := [value.partition(b"=")[0].decode("utf-8", "replace") for value in request.args.get(b"setting", ())]:
        # A setting may hold a password; its name tells enough.
        params["settings"] = ", ".join(settings)[:_LONGEST]
    act = Act(
        user=request.visitor.name,
        code=code or _BY_ACTION[page].get(given.get("action", ""), page.removesuffix(".json")),
        via="api",
        target=given.get(target, ""),
        address=client_address(request.peer, request.requestHeaders),
        params=params,
    )
    request.said = bytearray()

    def ended(_: object) -> None:
        if is_done(bytes(request.said)):
            deferToThread(note, workspace, act).addErrback(
                lambda failure: logger.error("an act could not be noted: %s", failure.getErrorMessage())
            )

    # Whoever has gone meanwhile has done it all the same.
    request.notifyFinish().addBoth(ended)


def is_done(answer: bytes) -> bool:
    """True if scrapyd's answer, or ours in its form, says ok."""
    try:
        return bool(json.loads(answer).get("status") == "ok")
    except (ValueError, AttributeError, RecursionError):
        return False
