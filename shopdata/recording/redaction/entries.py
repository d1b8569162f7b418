"""A call or a file as it may be kept: with stand-ins, and without what nobody needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shopdata.recording.inference.atoms import is_own_header
from shopdata.recording.journal import Call, Download, Entry, Press
from shopdata.recording.redaction.stand_ins import StandIns


def without_secrets(entry: Entry, stand_ins: StandIns) -> Entry:
    """The entry as it may be kept."""
    if isinstance(entry, Press):
        return _press(entry, stand_ins)
    return _call(entry, stand_ins) if isinstance(entry, Call) else _download(entry, stand_ins)


def _press(press: Press, by: StandIns) -> Press:
    # What stands on a button was written by programs, and what in a row by people: which it is nobody can tell.
    return replace(
        press,
        page=by.address(press.page.partition("#")[0]),
        word=by.text(press.word),
        css=by.text(press.css),
        value=str(by.value(press.value, press.css)),
        most=by.text(press.most),
    )


def _call(call: Call, by: StandIns) -> Call:
    scheme, _, host = call.origin.partition("://")
    return replace(
        call,
        origin=f"{scheme}://{by.host(host)}",
        path=tuple(map(by.part, call.path)),
        query=tuple((by.field(name), by.value(text, name)) for name, text in call.query),
        headers={by.field(name): by.value(text, name) for name, text in call.headers.items() if is_own_header(name)},
        body=_body(call.body, by),
        answer=_answer(call.answer, by),
        location=None if call.location is None else by.address(call.location),
        page=by.address(call.page.partition("#")[0]),
    )


def _body(body: Mapping[str, Any] | None, by: StandIns) -> Mapping[str, Any] | None:
    if body is not None and "form" in body:
        return {**body, "form": [[by.field(name), by.value(text, name)] for name, text in body["form"]]}
    return body if body is None or "json" not in body else {"json": by.value(body["json"])}


def _answer(answer: Mapping[str, Any] | None, by: StandIns) -> Mapping[str, Any] | None:
    if answer is not None and "html" in answer:
        # What a page hides in itself is nobody's to read, whatever it is called.
        return {"html": {by.name(name): by.value(text) for name, text in answer["html"].items()}}
    return answer if answer is None or "json" not in answer else {"json": by.value(answer["json"])}


def _download(download: Download, by: StandIns) -> Download:
    table = _table(download.table, by)
    if "sheets" in table:
        table["sheets"] = [{**_table(one, by), "name": by.name(one["name"])} for one in table["sheets"]]
    return replace(download, url=by.address(download.url), table=table)


def _table(table: Mapping[str, Any], by: StandIns) -> dict[str, Any]:
    kept = dict(table)
    if "columns" in kept:
        kept["columns"] = [
            {**one, "name": by.name(one["name"]), "day": by.text(one.get("day", ""))} for one in kept["columns"]
        ]
    return kept
