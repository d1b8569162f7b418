"""Asks what the probes ask. It is a spider, so that its requests pass what those of a crawl do: pace, proxy, limits.

It enters nothing into the ledger, signs nobody in, and is in no spider list: `scrapy doctor` runs it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import run_in_thread

from shopdata.config import Config, Shop
from shopdata.crawling.crawl_run import CrawlRun
from shopdata.crawling.portal_client import PortalClient
from shopdata.crawling.session_check import UNUSED_COMPONENTS
from shopdata.doctor.asking import Asker, SessionEndedError
from shopdata.doctor.examination import Examination, MayI, Probe
from shopdata.doctor.findings import Finding, unseen
from shopdata.doctor.fixtures import FixtureFolder
from shopdata.doctor.probes import LAST, WITH_SESSION, WITHOUT_SESSION
from shopdata.doctor.redaction import Redaction
from shopdata.exceptions import ShopdataError
from shopdata.run_ids import new_run_id
from shopdata.sessions.session import Session
from shopdata.workspace import Workspace

logger = logging.getLogger(__name__)


@dataclass
class Examined:
    """What was found of one shop.

    Args:
        stopped: the sentence that says why the rest was not asked: `no_session`, `ended`, `left_alone`; "" if it was.
        why: what that sentence needs.
    """

    shop: Shop
    folder: Path
    findings: list[Finding] = field(default_factory=list)
    stopped: str = ""
    why: str = ""


#: Told whenever a probe has found something.
Tell = Callable[[Shop, Sequence[Finding]], None]


class Doctor(Spider):
    """Examines the shops one after the other; `examined` is what came of it."""

    name = "doctor"
    custom_settings = UNUSED_COMPONENTS

    examined: list[Examined]
    _shops: Sequence[Shop]
    _workspace: Workspace
    _may_i: MayI
    _tell: Tell
    _folder: Path
    _only: frozenset[str]

    @classmethod
    def from_crawler(
        cls,
        crawler: Crawler,
        *args: Any,
        shops: Sequence[Shop],
        may_i: MayI,
        tell: Tell,
        folder: Path,
        **kwargs: Any,
    ) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        # Components of a crawl look for one.
        CrawlRun.of(crawler, new_run_id())
        spider._workspace = Workspace.of(crawler)
        spider._shops, spider._may_i, spider._tell, spider._folder = shops, may_i, tell, folder
        spider.examined = []
        return spider

    async def start(self) -> AsyncIterator[Any]:
        for shop in self._shops:
            self.examined.append(await self.examine(shop, self._workspace.config))
        return
        yield

    async def examine(
        self,
        shop: Shop,
        config: Config,
        probes: Sequence[Mapping[str, Probe]] = (WITHOUT_SESSION, WITH_SESSION, LAST),
    ) -> Examined:
        """All probes of one shop.

        Args:
            config: what is expected of its portal.
            probes: those that need no session, those that need one, and the last ones.
        """
        examined = Examined(shop, self._folder / shop.file_stem)
        exam = await self._examination(shop, config, examined.folder)
        without, with_session, last = probes
        await self._go_through(exam, without, examined)
        if await self._may_be_asked(exam, examined):
            await self._go_through(exam, with_session, examined)
        await self._go_through(exam, last, examined)
        examined.findings = exam.findings
        return examined

    async def _examination(self, shop: Shop, config: Config, folder: Path) -> Examination:
        assert self.crawler.engine is not None
        session = await run_in_thread(self._workspace.sessions.load, shop)
        client = PortalClient(
            self.crawler.engine.download_async,
            asyncio.sleep,
            shop,
            config.portal(shop.platform),
            self._workspace.staging.half_way(),
        )
        fixtures = FixtureFolder(folder, config.portal(shop.platform), _redaction(shop, session, config))
        asker = Asker(client, session, self.crawler.settings["USER_AGENT"], fixtures)
        path = self.crawler.settings["SHOPDATA_BROWSER_PATH"]
        return Examination(config, shop, asker, self._workspace, self._may_i, partial(self._tell, shop), path)

    async def _may_be_asked(self, exam: Examination, examined: Examined) -> bool:
        if exam.asker.session is None:
            examined.stopped = "no_session"
            return False
        try:
            await run_in_thread(self._workspace.left_alone.refuse, exam.shop)
        except ShopdataError as error:
            examined.stopped, examined.why = "left_alone", str(error)
            return False
        return True

    async def _go_through(self, exam: Examination, probes: Mapping[str, Probe], examined: Examined) -> None:
        for name, probe in probes.items():
            has_ended = False
            try:
                await probe(exam)
            except SessionEndedError:
                has_ended, examined.stopped = True, "ended"
            except Exception as error:
                # What is odd about one answer must not hide what the others say.
                logger.exception("probe %s of %s", name, exam.shop.id)
                why = str(error) if isinstance(error, ShopdataError) else repr(error)[:200]
                exam.add("-", unseen("broken", name, why=why))
            if has_ended:
                return


def _redaction(shop: Shop, session: Session | None, config: Config) -> Redaction:
    secrets = [shop.name, shop.username, shop.password.get_secret_value(), shop.portal_name or ""]
    if session is not None:
        secrets += [*session.values().values(), *session.identity.values()]
    kept = {
        str(match.equal)
        for recipe in config.recipes.values()
        for step in recipe.steps
        for match in getattr(getattr(step, "find", None), "where", {}).values()
        if match.equal is not None
    }
    return Redaction(secrets, kept)
