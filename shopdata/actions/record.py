"""What `scrapy record` shows, asks and writes."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shopdata.actions.printing import say
from shopdata.browser.starting import OwnChromium
from shopdata.config import Portal, Shop, platforms
from shopdata.exceptions import ArgumentError, ChallengeError, UsageError
from shopdata.periods import SHANGHAI, parse_date
from shopdata.recording.contract import (
    columns_of_each,
    columns_of_files,
    columns_of_rows,
    contract_of,
    personal_columns,
    sheet_of,
)
from shopdata.recording.files import config_folder, write_contract, write_recipe
from shopdata.recording.inference import Inferred, Known, Line, NotInferredError
from shopdata.recording.inference.evidence import Seen
from shopdata.recording.inference.known import ways_to_read
from shopdata.recording.journal import Journal, read_journal
from shopdata.recording.recorder import Recorder
from shopdata.recording.saving import Recording, infer_again
from shopdata.wording import Texts
from shopdata.workspace import Workspace


def record(workspace: Workspace, name: str, opts: argparse.Namespace, settings: Mapping[str, Any]) -> int:
    """Records an export, or reads one that was recorded, and writes what follows; returns the exit code.

    Raises:
        ShopdataError: nothing was written.
    """
    shop = _shop(workspace, opts.shop)
    if not re.fullmatch(rf"{shop.platform}_[a-z0-9_]+", name):
        raise ArgumentError(
            "a dataset's name begins with its platform",
            where="NAME",
            found=name,
            expected=f"{shop.platform}_ and lower-case letters, digits or _",
            todo=f"Write for example {shop.platform}_refunds.",
        )
    portal = workspace.config.portal(shop.platform)
    dialects = ways_to_read(platforms()[shop.platform], portal)
    t, folder = workspace.texts, config_folder()
    try:
        if opts.journal is not None:
            journal = read_journal(opts.journal)
            inferred = infer_again(journal, dialects, name, opts.chosen)
        else:
            recording = asyncio.run(_show(workspace, shop, portal, dialects, name, opts, settings))
            journal, inferred = recording.journal, recording.save(name, opts.chosen)
            say(t, "record.kept", path=recording.path)
        lines = [*inferred.lines, *_write(folder, name, shop.platform, opts, journal, dialects, inferred)]
    except NotInferredError as error:
        print(told(t, error.line), file=sys.stderr)
        return 1
    for line in lines:
        print(told(t, line))
    say(t, "record.written", path=folder / "recipes" / f"{name}.yaml", name=name)
    return 0


def told(t: Texts, line: Line) -> str:
    """A line as a person reads it; what is not proven has a mark."""
    text = t(f"record.{line.code}", **{name: str(value) for name, value in line.params.items()})
    return t("record.doubt", text=text) if line.is_doubt else f"  {text}"


def _write(
    folder: Path, name: str, platform: str, opts: argparse.Namespace, journal: Journal, dialects: list[Known],
    inferred: Inferred,
) -> list[Line]:  # fmt: skip
    last = inferred.recipe["steps"][-1]
    sheet = sheet_of(journal, opts.sheet)
    columns = _columns(platform, journal, dialects, inferred.recipe, sheet[0] if sheet else "")
    if not columns:
        # A recipe without a contract would be a mistake in the configuration of all others.
        raise NotInferredError("no_table")
    contract, lines = contract_of(
        columns,
        title=opts.title or name,
        platform=platform,
        lag_days=opts.lag_days,
        has_day=inferred.has_day,
        kind=inferred.kind,
    )
    if sheet is not None:
        contract["sheet"] = sheet[0]
        lines.append(Line("sheet", {"sheet": sheet[0], "sheets": ", ".join(sheet[1])}, is_doubt=not opts.sheet))
    if "file" in last and (personal := personal_columns(columns[0])):
        last["personal"] = personal
    if not write_contract(folder / "datasets" / f"{name}.yaml", contract):
        lines = [Line("contract_stays")]
    write_recipe(
        folder / "recipes" / f"{name}.yaml",
        inferred.recipe,
        datetime.now(SHANGHAI).date(),
        [take.day for take in journal.takes],
    )
    return lines


def _columns(
    platform: str, journal: Journal, dialects: list[Known], recipe: Mapping[str, Any], sheet: str
) -> list[list[Mapping[str, Any]]]:
    """The columns of what the recipe brings, in each take."""
    *before, last = recipe["steps"]
    if "file" in last:
        return columns_of_files(journal, sheet)
    known = next(one for one in dialects if one.name == recipe["recipe"]["dialect"])
    seen = [Seen(take, known) for take in journal.takes]
    if "pages" in last:
        return columns_of_rows(seen, last["pages"]["rows"])
    outer = next(step for step in before if step.get("pages", {}).get("of") == last["each"]["of"])["pages"]["rows"]
    maker = platforms()[platform].load_row_maker(last["rows_by"]) if "rows_by" in last else None
    rows, key = last["do"]["pages"]["rows"], last["each"]["id"]
    return columns_of_each(seen, outer, rows, key, last.get("keep", ()), maker)


async def _show(
    workspace: Workspace, shop: Shop, portal: Portal, dialects: list[Known], name: str, opts: argparse.Namespace,
    settings: Mapping[str, Any],
) -> Recording:  # fmt: skip
    """What a person shows in a window, a day after the other."""
    session = workspace.sessions.load(shop)
    if session is None:
        raise ChallengeError(
            "nobody is signed in to this shop",
            where=f"shop {shop.id!r}",
            found="no session",
            todo=f"Run `scrapy login {shop.id}` first: what is typed there is not recorded.",
        )
    days = _days(opts.days)
    hosts = [urlsplit(address).netloc for address in portal.addresses]
    hosts += [host.lstrip(".") for host in portal.download_hosts]
    secrets = [*session.values().values(), shop.username, shop.password, shop.name]
    path = workspace.state_dir / "recordings" / f"{name}.jsonl"
    recording = Recording(path, days, hosts, [str(secret) for secret in secrets], dialects)
    recorder = Recorder(recording.begin, recording.note)
    own = OwnChromium({"executable_path": settings["SHOPDATA_BROWSER_PATH"]}, is_headed=True)
    t = workspace.texts
    try:
        browser = await own.start()
        context = await browser.new_context(
            accept_downloads=True,
            service_workers="block",
            user_agent=session.user_agent or None,
            no_viewport=True,
        )
        await context.add_cookies(session.cookies())  # type: ignore[arg-type]
        recorder.listen(context)
        page = await context.new_page()
        await page.goto(_home(portal, dialects))
        for number, day in enumerate(days, start=1):
            recorder.begin(day)
            say(t, "record.show", number=number, day=day)
            await asyncio.to_thread(input, t("record.press"))
            await recorder.end()
        await context.close()
    finally:
        await own.stop()
    return recording


def _home(portal: Portal, dialects: list[Known]) -> str:
    origin = next(iter(dialects[0].origins.values()), portal.login_url)
    return origin + portal.home_path


def _days(given: str | None) -> tuple[date, ...]:
    """Two days that look alike in no form."""
    if given:
        days = tuple(parse_date(part.strip(), "--days") for part in given.split(","))
        if len(set(days)) != 2:
            raise ArgumentError("two days are shown", where="--days", found=given, todo="Write two days, with a comma.")
        return days
    today = datetime.now(SHANGHAI).date()
    past = [today - timedelta(days=number) for number in range(4, 40)]
    first = next(day for day in past if day.day != day.month)
    second = next(day for day in past if day.day not in (day.month, first.day) and day < first - timedelta(days=2))
    return first, second


def _shop(workspace: Workspace, name: str) -> Shop:
    for shop in workspace.config.shops:
        if name in (shop.id, shop.name):
            return shop
    known = ", ".join(shop.id for shop in workspace.config.shops[:10])
    raise UsageError("there is no such shop", where="--shop", found=name, todo=f"Known: {known}.")
