"""What `scrapy record` shows, asks and writes."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext

from shopdata.actions.printing import say
from shopdata.actions.record_questions import Questions
from shopdata.actions.recorded import Draft, drafted
from shopdata.actions.rehearse import rehearse
from shopdata.browser.chromium import context_options
from shopdata.browser.starting import OwnChromium, quietly
from shopdata.config import Portal, Shop, platforms
from shopdata.config.recipes import Recipe
from shopdata.exceptions import ArgumentError, ChallengeError, UsageError
from shopdata.periods import SHANGHAI, Period, PeriodKind, parse_date
from shopdata.recording.as_spider import spider_path, write_spider
from shopdata.recording.bar import Bar
from shopdata.recording.files import config_folder, write_contract
from shopdata.recording.fixture import write_fixture
from shopdata.recording.hosts import allow_host, unknown_hosts
from shopdata.recording.inference import Inferred, Known, Line, NotInferredError
from shopdata.recording.inference.known import ways_to_read
from shopdata.recording.journal import Journal, read_journal
from shopdata.recording.redaction.stand_ins import STAND_IN
from shopdata.recording.saving import Recording, infer_again
from shopdata.recording.sentinels import sentinel_days
from shopdata.recording.showing import CONTEXT_OPTIONS, End, Showing
from shopdata.sessions.session import Session
from shopdata.wording import Texts
from shopdata.workspace import Workspace

_SHORTEST_COOKIE = 6


def record(workspace: Workspace, name: str, opts: argparse.Namespace, settings: Mapping[str, Any]) -> int:
    """Records an export, or reads one that was recorded, and writes what follows; returns the exit code.

    Raises:
        ShopdataError: nothing was written.
    """
    shop = shop_of(workspace, opts.shop)
    check_name(name, shop.platform)
    portal = workspace.config.portal(shop.platform)
    dialects = ways_to_read(platforms()[shop.platform], portal, opts.sign)
    t, folder = workspace.texts, config_folder()
    ask = Questions(t, takes_defaults=opts.takes_defaults)
    spider = spider_path(settings["NEWSPIDER_MODULE"], name) if opts.form == "spider" else None
    recording = None
    try:
        if opts.journal is not None:
            journal, path = read_journal(opts.journal), opts.journal
            inferred = _chosen(lambda chosen: infer_again(journal, dialects, name, chosen), opts.chosen, ask)
        else:
            recording = asyncio.run(_show(workspace, shop, portal, dialects, name, opts, settings))
            journal, save = recording.journal, recording.save
            inferred = _chosen(lambda chosen: save(name, chosen), opts.chosen, ask)
            path = recording.path
            say(t, "record.kept", path=path)
        for line in inferred.lines:
            print(told(t, line))
        draft = _drafted(name, shop.platform, opts, journal, dialects, inferred, ask)
    except NotInferredError as error:
        print(told(t, error.line), file=sys.stderr)
        return 1
    finally:
        if recording is not None:
            recording.leave()
    for line in draft.lines:
        if line.code == "personal":
            print(told(t, line))
    recipe = folder / "recipes" / f"{name}.yaml"
    if spider is not None:
        if not write_contract(folder / "datasets" / f"{name}.yaml", draft.contract):
            print(told(t, Line("contract_stays")))
        model, title = Recipe.model_validate(draft.full_recipe), str(draft.contract["title"])
        write_spider(
            spider, draft.full_recipe, name=name, title=title, platform=shop.platform, kind=inferred.kind,
            day=str(datetime.now(SHANGHAI).date()), in_browser=model.is_in_browser,
        )  # fmt: skip
    else:
        for line in draft.write(folder)[len(draft.lines) :]:
            print(told(t, line))
        say(t, "record.fixture", path=write_fixture(name, path))
    _allow_hosts(journal, portal, folder, shop.platform, ask)
    say(t, "record.written", path=spider or recipe, name=name)
    by_hand = _rehearsal(draft, ask) if spider is None else ""
    say(t, "record.asked", n=ask.asked)
    if not by_hand:
        return 0
    given = argparse.Namespace(shop=shop.id, date=str(draft.third.end), by_hand=Path(by_hand))
    return rehearse(Workspace.from_settings(settings), name, given)


def _chosen(infer: Callable[[str], Inferred], chosen: str, ask: Questions) -> Inferred:
    """The recipe; where several files or lists may be meant, a person says which."""
    try:
        return infer(chosen)
    except NotInferredError as error:
        listed = str(error.line.params.get("addresses") or error.line.params.get("requests") or "").split(", ")
        several = error.line.code in ("no.several_files", "no.several_lists") and len(listed) > 1
        if not several or chosen or ask.takes_defaults:
            raise
        return infer(ask.one_of("which", listed))


def _rehearsal(draft: Draft, ask: Questions) -> str:
    """The export of a third day (week, month) by hand; empty where that shall be later."""
    leaves = any("job" in step for step in draft.recipe["steps"])
    return ask.text("rehearse_job" if leaves else "rehearse", "", name=draft.name, day=draft.third.dt)


def _allow_hosts(journal: Journal, portal: Portal, folder: Path, platform: str, ask: Questions) -> None:
    """Hosts of files that are not allowed yet: nothing is fetched from there before somebody says so."""
    for host in unknown_hosts(journal, portal):
        if host.endswith(STAND_IN):
            print(told(ask.texts, Line("host_not_kept", is_doubt=True)))
        elif not ask.truth("host", False, host=host):
            print(told(ask.texts, Line("host_unknown", {"host": host}, True)))
        else:
            try:
                allow_host(folder / "portals.yaml", platform, host)
            except UsageError as error:
                # All else is written already.
                print(error, file=sys.stderr)


def told(t: Texts, line: Line) -> str:
    """A line as a person reads it; what is not proven has a mark."""
    text = t(f"record.{line.code}", **{name: str(value) for name, value in line.params.items()})
    return t("record.doubt", text=text) if line.is_doubt else f"  {text}"


def _drafted(
    name: str, platform: str, opts: argparse.Namespace, journal: Journal, dialects: list[Known], inferred: Inferred,
    ask: Questions,
) -> Draft:  # fmt: skip
    """The files, as far as they follow from what was seen and from what is answered. Raises NotInferredError."""
    draft = drafted(name, platform, journal, dialects, inferred, lag_days=opts.lag_days, sheet=opts.sheet)
    for line in draft.lines:
        # Who is personal is asked below.
        if line not in inferred.lines and line.code != "personal":
            print(told(ask.texts, line))
    contract = draft.contract
    names = [str(one) for one in contract["columns"]]
    title = opts.title or ask.text("title", name)
    lag_days = contract["lag_days"] if opts.lag_days is not None else ask.number("lag_days", contract["lag_days"])
    ids = ask.some_of("ids", contract["ids"], names)
    keys = ask.some_of("keys", contract["keys"], names)
    personal = ask.some_of("personal", draft.personal, names) if draft.ends_in_file else ()
    if draft.has_totals and not ask.truth("totals", True):
        draft = draft.with_totals()
    draft = replace(draft, contract={**draft.contract, "title": title, "lag_days": lag_days})
    return draft.with_columns(ids, keys, personal)


async def _show(
    workspace: Workspace, shop: Shop, portal: Portal, dialects: list[Known], name: str, opts: argparse.Namespace,
    settings: Mapping[str, Any],
) -> Recording:  # fmt: skip
    """What a person shows in a window, a day after the other; what there is of it where they close the window."""
    days = _days(opts.days, opts.period)
    recording, session = recording_of(workspace, shop, portal, dialects, name, days, opts.period)
    own, t = OwnChromium({"executable_path": settings["SHOPDATA_BROWSER_PATH"]}, is_headed=True), workspace.texts
    try:
        context = await open_context(await own.start(), session, is_headed=True)
        showing = Showing(context, portal, recording)
        bar = Bar(context, t, showing.wish, opts.period)
        await bar.begin()
        say(t, "record.window", day=Period.of(opts.period or "day", days[0]).dt)
        end = await showing.show(days, bar)
        if end is not End.NEXT:
            say(t, f"record.ended.{end}", shop=shop.id)
        await quietly(context.close())
    except BaseException:
        recording.leave()
        raise
    finally:
        await own.close()
    return recording


def recording_of(
    workspace: Workspace, shop: Shop, portal: Portal, dialects: list[Known], name: str, days: Sequence[date],
    kind: PeriodKind | None = None,
) -> tuple[Recording, Session]:  # fmt: skip
    """A recording that begins, and the session that it is made with. Raises ChallengeError where there is none."""
    session = workspace.sessions.load(shop)
    if session is None:
        raise ChallengeError(
            "nobody is signed in to this shop",
            where=f"shop {shop.id!r}",
            found="no session",
            todo=f"Run `scrapy login {shop.id}` first: what is typed there is not recorded.",
        )
    hosts = [urlsplit(address).netloc for address in portal.addresses]
    hosts += [host.lstrip(".") for host in portal.download_hosts]
    # Shorter ones open nothing, and stand in any text by chance.
    cookies = [value for value in session.values().values() if len(value) >= _SHORTEST_COOKIE]
    secrets = [*cookies, shop.username, shop.password.get_secret_value(), shop.name]
    path = workspace.state_dir / "recordings" / f"{name}.jsonl"
    return Recording(path, days, hosts, secrets, dialects, kind), session


async def open_context(browser: Browser, session: Session, *, is_headed: bool = False) -> BrowserContext:
    """A context that is signed in; nobody has typed anything in it."""
    own = {"user_agent": session.user_agent} if session.user_agent else {}
    known = context_options(browser.version, **CONTEXT_OPTIONS, **own)
    if is_headed:
        # A window has the size that its person gives it.
        known = {name: value for name, value in known.items() if name not in ("viewport", "device_scale_factor")}
        known["no_viewport"] = True
    context = await browser.new_context(**known)
    await context.add_cookies(session.cookies())  # type: ignore[arg-type]
    return context


def _days(given: str | None, kind: PeriodKind | None = None) -> tuple[date, ...]:
    """The two days that are shown, by default `sentinel_days`."""
    if given:
        days = tuple(parse_date(part.strip(), "--days") for part in given.split(","))
        if len(set(days)) != 2:
            raise ArgumentError("two days are shown", where="--days", found=given, todo="Write two days, with a comma.")
        return days
    return sentinel_days(2, kind)


def check_name(name: str, platform: str) -> None:
    """Raises ArgumentError for a name that no dataset of this platform may have."""
    if not re.fullmatch(rf"{platform}_[a-z0-9_]{{1,60}}", name):
        raise ArgumentError(
            "a dataset's name begins with its platform",
            where="NAME",
            found=name,
            expected=f"{platform}_ and lower-case letters, digits or _",
            todo=f"Write for example {platform}_refunds.",
        )


def shop_of(workspace: Workspace, name: str) -> Shop:
    """By its id or name. Raises UsageError."""
    for shop in workspace.config.shops:
        if name in (shop.id, shop.name):
            return shop
    known = ", ".join(shop.id for shop in workspace.config.shops[:10])
    raise UsageError("there is no such shop", where="--shop", found=name, todo=f"Known: {known}.")
