"""What `scrapy doctor` does: examines shops, prints what was found, and says what to change."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scrapy.crawler import Crawler, CrawlerProcessBase
from scrapy.utils.asyncio import run_in_thread

from shopdata.actions.crawl import PREAMBLE
from shopdata.actions.printing import print_line
from shopdata.arguments import enabled_shops
from shopdata.config import Shop, platforms
from shopdata.doctor.findings import Finding, Key, Verdict
from shopdata.doctor.spider import Doctor, Examined
from shopdata.exceptions import LedgerError, UsageError
from shopdata.wording import Texts
from shopdata.workspace import Workspace

#: Of the JSON that `--json` prints (docs/reference.md#doctor).
SCHEMA = 1
MARKS = {
    Verdict.HOLDS: "✓",
    Verdict.DIFFERS: "✗",
    Verdict.NOTE: "!",
    Verdict.UNSEEN: "?",
    Verdict.SKIPPED: "-",
}


@dataclass(frozen=True)
class Wishes:
    """What was typed.

    Args:
        is_order_allowed: True for yes to every order, None to be asked, False for no.
        folder: where answers are saved; None for the state directory's.
    """

    shops: str | None
    is_json: bool
    is_connecting: bool
    is_order_allowed: bool | None
    folder: Path | None


def doctor(process: CrawlerProcessBase, crawler_of: Callable[[type[Doctor]], Crawler], wishes: Wishes) -> int:
    """Examines the shops that are named, or the first of each platform; returns the exit code."""
    for name in PREAMBLE:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        crawler = crawler_of(Doctor)
        workspace = Workspace.of(crawler)
        shops = _shops(workspace, wishes.shops)
        assert workspace.sessions
    except (UsageError, LedgerError) as error:
        print(error, file=sys.stderr)
        return 2
    t = workspace.texts
    show = _Show(t)
    folder = wishes.folder or workspace.state_dir / "doctor"
    process.crawl(
        crawler,
        shops=shops,
        may_i=_asking(t, wishes),
        tell=(lambda shop, found: None) if wishes.is_json else show,
        folder=folder,
    )
    process.start()
    if process.bootstrap_failed or crawler.spider is None:
        return 1
    assert isinstance(crawler.spider, Doctor)
    examined = crawler.spider.examined
    tried = list(_connections(workspace, process.settings["SHOPDATA_BROWSER_PATH"])) if wishes.is_connecting else []
    if wishes.is_json:
        print(json.dumps(as_json(t, examined, tried), ensure_ascii=False, indent=2))
    else:
        _conclude(t, examined, tried, folder)
    is_whole = len(examined) == len(shops)
    return 0 if is_whole and is_well(examined) and all(one["well"] is not False for one in tried) else 1


def is_well(examined: Sequence[Examined]) -> bool:
    """True if nothing is otherwise than configured, and everything could be looked at."""
    facts = [finding.verdict for one in examined for finding in one.findings]
    return not any(one.stopped for one in examined) and not {Verdict.DIFFERS, Verdict.UNSEEN}.intersection(facts)


def _shops(workspace: Workspace, named: str | None) -> Sequence[Shop]:
    """Those that are named; else one of each platform, which is enough to see what has changed."""
    shops = enabled_shops(workspace.config, named)
    if named is not None:
        return shops
    first: dict[str, Shop] = {}
    for shop in shops:
        first.setdefault(shop.platform, shop)
    return tuple(first.values())


def _asking(t: Texts, wishes: Wishes) -> Callable[[str, str], Any]:
    async def may_i(key: str, what: str) -> bool:
        if wishes.is_order_allowed is not None:
            return wishes.is_order_allowed
        if wishes.is_json or not sys.stdin.isatty():
            return False
        answer = await run_in_thread(input, t(key, what=what))
        return answer.strip().casefold() in ("y", "yes", "是")

    return may_i


# -- for people --------------------------------------------------------------------------------------------------------


class _Show:
    """Prints what is found when it is found."""

    def __init__(self, t: Texts) -> None:
        self._t = t
        self._shop = ""

    def __call__(self, shop: Shop, found: Sequence[Finding]) -> None:
        t = self._t
        if self._shop != shop.id:
            self._shop = shop.id
            print_line(t("doctor.shop", shop=shop.id, platform=platforms()[shop.platform].title(t.code)))
        for finding in found:
            for line in lines_of(t, finding):
                print_line(line)


def lines_of(t: Texts, finding: Finding) -> Iterator[str]:
    """A finding for people; one that differs in several lines."""
    subject = t("doctor.of", subject=finding.subject) if finding.subject else ""
    what, mark = t(f"doctor.{finding.probe}"), MARKS[finding.verdict]
    if finding.verdict is not Verdict.DIFFERS:
        said = sentence(t, finding, finding.verdict.value)
        yield t("doctor.fact", mark=mark, probe=finding.probe, what=what, subject=subject, said=said)
        return
    yield t("doctor.fact", mark=mark, probe=finding.probe, what=what, subject=subject, said=t("doctor.differs"))
    yield t("doctor.expected", said=sentence(t, finding, "expected"))
    yield t("doctor.found", said=sentence(t, finding, "found"))
    if not finding.keys:
        yield t("doctor.no_key", todo=_todo(t, finding))
    for number, key in enumerate(finding.keys):
        yield t("doctor.or" if number else "doctor.change", key=_told(t, key))
    if finding.fixture:
        yield t("doctor.fixture", path=finding.fixture)


def sentence(t: Texts, finding: Finding, part: str) -> str:
    """One of a fact's sentences; a note and an unseen one have their own, or that of the fact as it holds."""
    key = f"doctor.{finding.fact}.{part}"
    return t(key if t.has(key) else f"doctor.{finding.fact}.holds", **finding.params)


def _todo(t: Texts, finding: Finding) -> str:
    key = f"doctor.{finding.fact}.todo"
    return t(key) if t.has(key) else ""


def _told(t: Texts, key: Key) -> str:
    return str(key) if key.value is None else t("doctor.to", key=key, value=json.dumps(key.value, ensure_ascii=False))


def _conclude(t: Texts, examined: Sequence[Examined], tried: Sequence[Mapping[str, Any]], folder: Path) -> None:
    for one in examined:
        if one.stopped:
            print_line(t(f"doctor.stopped.{one.stopped}", shop=one.shop.id, why=one.why))
    if tried:
        print_line(t("doctor.connections"))
    for line in tried:
        mark = "!" if line["well"] is None else "✓" if line["well"] else "✗"
        print_line(t("connect.tried", mark=mark, what=line["what"], sentence=line["said"]))
    facts = [finding.verdict for one in examined for finding in one.findings]
    if is_well(examined):
        print_line(t("doctor.well", n=len(facts)))
    else:
        counts = {"differs": facts.count(Verdict.DIFFERS), "unseen": facts.count(Verdict.UNSEEN)}
        print_line(t("doctor.ill", n=len(facts), **counts))
    if any(finding.fixture for one in examined for finding in one.findings):
        print_line(t("doctor.saved", folder=folder))


# -- for programs ------------------------------------------------------------------------------------------------------


def as_json(t: Texts, examined: Sequence[Examined], tried: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What was found, for programs (docs/reference.md#doctor); sentences are in the language of the terminal."""
    return {
        "schema": SCHEMA,
        "shops": [
            {
                "shop": one.shop.id,
                "platform": one.shop.platform,
                "stopped": one.stopped or None,
                "folder": str(one.folder),
                "findings": [_finding(t, finding) for finding in one.findings],
            }
            for one in examined
        ],
        "connections": [dict(line) for line in tried],
    }


def _finding(t: Texts, finding: Finding) -> dict[str, Any]:
    is_odd = finding.verdict is Verdict.DIFFERS
    return {
        "probe": finding.probe,
        "about": t(f"doctor.{finding.probe}"),
        "fact": finding.fact,
        "verdict": finding.verdict.value,
        "subject": finding.subject or None,
        "expected": sentence(t, finding, "expected") if is_odd else None,
        "found": sentence(t, finding, "found" if is_odd else finding.verdict.value),
        "keys": [{"file": key.file, "key": key.path, "value": key.value} for key in finding.keys],
        "fixture": finding.fixture or None,
    }


def _connections(workspace: Workspace, browser_path: str | None) -> Iterator[Mapping[str, Any]]:
    """What `scrapy check_config --connect` tries."""
    from shopdata.actions.connecting import connect

    for one in connect(workspace, browser_path):
        yield {"what": one.what, "well": one.is_well, "said": one.sentence}
