"""Which role each address needs. What is not in the table is for administrators.

Addresses are those of scrapyd's site; `*` stands for one part, and the first line that fits counts. The board's are the
same below `/` and below `/board`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from shopdata.service.people.roles import Role

SEE, ACT, ADMINISTER = Role
#: For everybody, signed in or not.
EVERYBODY = None

RIGHTS: Mapping[str, Role | None] = {
    # -- the board's pages
    "GET board": SEE,
    "GET board/days": SEE,
    "GET board/days/*": SEE,
    "GET board/trends": SEE,
    "GET board/trends/*": SEE,
    "GET board/trends/*/*": SEE,
    "GET board/cell/*/*/*": SEE,
    "GET board/cell/*/*/*/raw": SEE,
    "GET board/cell/*/*/*/rejected": SEE,
    "GET board/partition/*/*": SEE,
    "GET board/partition/*/*/workbook": SEE,
    "GET board/partition/*/*/workbook/*": SEE,
    "GET board/partition/*/*/parquet": SEE,
    "GET board/partition/*/*/receipt": SEE,
    "GET board/runs": SEE,
    "GET board/runs/*": SEE,
    "GET board/runs/*/log": SEE,
    "GET board/nodes": SEE,
    "GET board/sessions": SEE,
    "GET board/sessions/*/screenshot": SEE,
    "GET board/schedule": SEE,
    # These tell where people sit, and who they are.
    "GET board/activity": ADMINISTER,
    "GET board/users": ADMINISTER,
    # What the portal shows while somebody signs in.
    "GET board/sessions/*/live": ACT,
    "GET board/sessions/*/live/frame": ACT,
    "GET board/sessions/*/live/state": ACT,
    "GET board/sessions/*/live/qr.png": ACT,
    "POST board/sessions/*/live/input": ACT,
    # The same while somebody shows an export, and what follows from it.
    "GET board/record": ACT,
    "GET board/record/*": ACT,
    "GET board/record/*/frame": ACT,
    "GET board/record/*/state": ACT,
    "GET board/record/*/files.zip": ACT,
    "POST board/record/*/input": ACT,
    # -- its buttons
    "POST board/do/run-now": ACT,
    "POST board/do/pause": ACT,
    "POST board/do/resume": ACT,
    "POST board/do/collect": ACT,
    "POST board/do/accept": ACT,
    "POST board/do/cancel": ACT,
    "POST board/do/sign-in": ACT,
    "POST board/do/sign-in-act": ACT,
    "POST board/do/record": ACT,
    "POST board/do/record-act": ACT,
    "POST board/do/record-compare": ACT,
    # -- shops, and what signs them in
    "GET board/shops": ADMINISTER,
    "GET board/shops/_new": ADMINISTER,
    "GET board/shops/_workbook": ADMINISTER,
    "GET board/shops/*": ADMINISTER,
    "POST board/do/shop-add": ADMINISTER,
    "POST board/do/shop-edit": ADMINISTER,
    "POST board/do/shop-enable": ADMINISTER,
    "POST board/do/shop-disable": ADMINISTER,
    "POST board/do/shop-rename": ADMINISTER,
    "POST board/do/shop-remove": ADMINISTER,
    "POST board/do/shops-upload": ADMINISTER,
    "POST board/do/shops-enter": ADMINISTER,
    "POST board/do/user-add": ADMINISTER,
    "POST board/do/user-role": ADMINISTER,
    "POST board/do/user-password": ADMINISTER,
    "POST board/do/user-remove": ADMINISTER,
    # -- its door
    "GET board/static/base.css": EVERYBODY,
    "GET board/static/mark.svg": EVERYBODY,
    "GET board/static/*": SEE,
    "GET board/login": EVERYBODY,
    "POST board/do/login": EVERYBODY,
    "POST board/do/logout": SEE,
    "GET board/password": SEE,
    "POST board/do/password": SEE,
    # -- JSON, metrics and logs
    "GET metrics": SEE,
    "GET logs": SEE,
    "GET jobs": SEE,
    "GET favicon.ico": SEE,
    "GET daemonstatus.json": SEE,
    "GET listprojects.json": SEE,
    "GET listversions.json": SEE,
    "GET listspiders.json": SEE,
    "GET listjobs.json": SEE,
    "GET status.json": SEE,
    "GET service.json": SEE,
    "GET cron.json": SEE,
    "POST cron.json": ACT,
    "GET runs.json": SEE,
    "GET cells.json": SEE,
    "POST cells.json": ACT,
    "POST cancel.json": ACT,
    "GET signins.json": SEE,
    "POST signins.json": ACT,
    "GET recordings.json": SEE,
    "POST recordings.json": ACT,
    # Takes any setting and any argument, which is as good as code; cron.json and cells.json are for who collects.
    "POST schedule.json": ADMINISTER,
    "POST addversion.json": ADMINISTER,
    "POST delversion.json": ADMINISTER,
    "POST delproject.json": ADMINISTER,
    "POST service.json": ADMINISTER,
}

_READING = (b"GET", b"HEAD", b"OPTIONS")
_BY_PARTS = {tuple(address.replace(" ", "/").split("/")): role for address, role in RIGHTS.items()}


def parts_of(method: bytes, target: bytes) -> tuple[str, ...]:
    """An address as the table has it, its parts one by one; the way there is the one that Twisted goes."""
    kind = "GET" if method in _READING else "POST"
    path = target.partition(b"?")[0]
    first, *rest = (unquote_to_bytes(part).decode("utf-8", "replace") for part in path[1:].split(b"/"))
    # All of the board, or one page of scrapyd's, which looks no further into its address.
    return (kind, "board", *filter(None, rest)) if first in ("", "board") else (kind, first)


@lru_cache(maxsize=2000)
def right_to(parts: tuple[str, ...]) -> Role | None:
    """Which role an address needs, `EVERYBODY` for none."""
    for known, role in _BY_PARTS.items():
        if len(known) == len(parts) and all(k in ("*", p) for k, p in zip(known, parts, strict=True)):
            return role
    return ADMINISTER
