"""A recipe: which datasets it collects, and by which steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from shopdata.config.model import Model, Text
from shopdata.config.recipes.jobs import JobStep
from shopdata.config.recipes.lists import EachStep, PagesStep
from shopdata.config.recipes.requests import Request
from shopdata.config.recipes.signs import Sign
from shopdata.config.recipes.steps import FileStep, Step
from shopdata.periods import PeriodKind


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Head(Model):
    """What a recipe is for."""

    version: Literal[1]
    #: One, or one for each kind of period.
    dataset: Annotated[tuple[Text, ...], BeforeValidator(_as_list), Field(min_length=1)]
    #: What the platform's package knows of the answers; by default they are read as they come.
    dialect: Text = "json"
    #: How requests are signed that do not say it themselves.
    sign: Sign = "none"
    #: The page of the back office that signs.
    page: Text | None = None


class Recipe(Model):
    """One file of `recipes/`; its stem is the spider's name."""

    recipe: Head
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    @property
    def requests(self) -> tuple[Request, ...]:
        """All that is asked, in the order in which it stands."""
        return tuple(request for step in self.steps for request in _requests_of(step))

    @property
    def file_rules(self) -> dict[str, Any]:
        """What it says of how its file is read, in the words of a contract."""
        last = self.steps[-1]
        return last.contract if isinstance(last, FileStep) else {}

    @property
    def is_in_browser(self) -> bool:
        """True if shops ask by a page of the browser."""
        return any((request.sign or self.recipe.sign) != "none" for request in self.requests if request.address)

    @model_validator(mode="after")
    def _ends_with_a_file(self) -> Recipe:
        if not isinstance(self.steps[-1], FileStep | PagesStep | EachStep):
            raise ValueError("the last step gives no file: end with file, pages or each")
        early = next((number for number, step in enumerate(self.steps[:-1]) if isinstance(step, FileStep)), None)
        if early is not None:
            raise ValueError(f"steps[{early}] is a file, the end of a recipe: take out what follows it")
        if self.is_in_browser and self.recipe.page is None:
            raise ValueError("a request is signed by a page, and recipe says not which: add `page` there")
        return self


def _requests_of(step: Step) -> Iterator[Request]:
    if isinstance(step, EachStep):
        yield step.do
    elif isinstance(step, JobStep):
        yield from (request for request in (step.create, step.find, step.link) if request is not None)
    elif isinstance(step, Request):
        yield step


@dataclass(frozen=True)
class RecipeHead:
    """As much of a recipe as tells which spider it makes."""

    name: str
    platform: str
    datasets: Mapping[PeriodKind, str]
    is_in_browser: bool


def read_heads(recipes: Mapping[str, Recipe], datasets: Mapping[str, Any]) -> list[RecipeHead]:
    """The spiders that recipes make; those whose contract is not there are left out: `load_config` tells of them."""
    heads = []
    for name, recipe in recipes.items():
        contracts = {dataset: datasets[dataset] for dataset in recipe.recipe.dataset if dataset in datasets}
        if contracts:
            kinds = {contract.period: dataset for dataset, contract in contracts.items()}
            platform = next(iter(contracts.values())).platform
            heads.append(RecipeHead(name, platform, kinds, recipe.is_in_browser))
    return heads
