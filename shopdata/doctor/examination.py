"""One shop under examination: what the probes ask with, what they compare with, and what they have found so far."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from scrapy import Request

from shopdata.config import Config, Portal, Shop, platform_named
from shopdata.config.recipes import Recipe
from shopdata.crawling.paged_list import PagedSpider
from shopdata.crawling.recipes.cell import RecipeCell
from shopdata.crawling.recipes.dialect import Dialect
from shopdata.doctor.asking import Answer, Asker, SessionEndedError
from shopdata.doctor.findings import Finding, Key
from shopdata.doctor.judging import Speech, moved_to
from shopdata.periods import Period
from shopdata.sessions.sign_in import PlatformLogin, login_for
from shopdata.workspace import Workspace

#: Asks a person whether something may be done that leaves a trace: the key of the question, and what it is about.
MayI = Callable[[str, str], Awaitable[bool]]


class Probe(Protocol):
    """One of D1 to D19: asks, judges, and puts into the examination what it has found."""

    async def __call__(self, exam: Examination) -> None:
        """Raises SessionEndedError where the session is dead: nothing more is asked."""


@dataclass
class Examination:
    """What all probes of one shop have in common.

    Args:
        config: what is expected.
        workspace: where the shop's identity is kept.
        tell: told whatever is found, at once.
        browser_path: the Chromium for login pages; None for the one that is found.
    """

    config: Config
    shop: Shop
    asker: Asker
    workspace: Workspace
    may_i: MayI
    tell: Callable[[Sequence[Finding]], None]
    browser_path: str | None = None
    #: What leaves a trace: asked for when all else has been looked at.
    orders: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def portal(self) -> Portal:
        return self.config.portal(self.shop.platform)

    @property
    def login(self) -> PlatformLogin:
        return login_for(self.shop.platform)

    def recipes(self) -> Iterable[tuple[str, Recipe, str]]:
        """The recipes that this shop is collected by: name, recipe, and the dataset that is looked at."""
        for name, recipe in self.config.recipes.items():
            datasets = [d for d in recipe.recipe.dataset if d in self.config.datasets]
            if datasets and self.shop in self.config.shops_for(datasets[0]):
                yield name, recipe, datasets[0]

    def speech(self, recipe: Recipe) -> Speech:
        """How the answers to a recipe's requests are read."""
        platform = platform_named(self.shop.platform)
        return Speech(self.login, self.portal, self.dialect(recipe), platform.page_client is not None)

    def dialect(self, recipe: Recipe) -> Dialect:
        """That of a recipe."""
        found: Dialect = platform_named(self.shop.platform).load_dialect(recipe.recipe.dialect)
        return found

    def cell(self, recipe: Recipe, period: Period) -> RecipeCell:
        """What fills in a recipe's requests as a crawl does."""
        # Of a spider it takes platform and portal, which are all that its requests are made of.
        spider = cast(PagedSpider, _OnlyRequests(self.shop.platform, self.portal))
        return RecipeCell(spider, recipe, self.dialect(recipe), self.shop, period)

    def key(self, name: str, value: Any = None) -> Key:
        """A key of the platform's section of portals.yaml."""
        return Key("portals.yaml", f"{self.shop.platform}.{name}", value)

    def add(self, probe: str, found: Finding | Iterable[Finding], answer: Answer | None = None) -> None:
        """Takes findings in, with the answer that shows them."""
        listed = [found] if isinstance(found, Finding) else list(found)
        told = [one.of(probe, answer.fixture if answer is not None else "") for one in listed]
        self.findings += told
        self.tell(told)

    async def ask(self, request: Request, probe: str) -> Answer:
        """An answer to the shop's session. Raises SessionEndedError."""
        answer = await self.asker.ask(request, probe)
        self.stop_if_ended(answer)
        return answer

    def stop_if_ended(self, answer: Answer) -> None:
        """Raises SessionEndedError for an answer as dead sessions get it."""
        if answer.failure or moved_to(answer, self.portal) is not None:
            return
        if self.login.risk_in(answer, self.portal) is None and self.login.is_session_dead(answer, self.portal):
            raise SessionEndedError


@dataclass(frozen=True)
class _OnlyRequests:
    platform: str
    portal: Portal
