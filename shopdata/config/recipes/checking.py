"""What a recipe's model can't see by itself: its contracts, its platform, and what braces speak of, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shopdata.config.platforms import Platform
from shopdata.config.recipes.jobs import JobStep
from shopdata.config.recipes.lists import EachStep, PagesStep
from shopdata.config.recipes.placeholders import BARE, TIMES, Placeholder, read_template
from shopdata.config.recipes.recipe import Recipe
from shopdata.config.recipes.steps import AskStep, OpenStep, Step
from shopdata.config.yaml_source import Path, YamlSource
from shopdata.exceptions import UsageError
from shopdata.texts import did_you_mean

#: Of a platform's section, what an address may begin with.
_HOSTS = ("origin", "_url")
#: Where an address stands.
_ADDRESSES = ("GET", "POST", "page")
#: What a request holds, whatever its fields are called.
_CONTENTS = frozenset({"query", "json", "form", "headers", "take", "ok"})


def recipe_problems(
    name: str, recipe: Recipe, source: YamlSource, datasets: Mapping[str, Any], platforms: Mapping[str, Platform]
) -> Iterator[UsageError]:
    """Every mistake that stands in one recipe.

    Args:
        name: the file's stem.
        recipe: the file as its model.
        datasets: the contracts, by name.
    """
    yield from _of_datasets(name, recipe, source, datasets)
    platform = next((platforms[datasets[one].platform] for one in recipe.recipe.dataset if one in datasets), None)
    if platform is not None:
        yield from _Walk(recipe, source, platform).problems()


def _of_datasets(name: str, recipe: Recipe, source: YamlSource, datasets: Mapping[str, Any]) -> Iterator[UsageError]:
    place = source.place(("recipe", "dataset"))
    contracts = []
    for dataset in recipe.recipe.dataset:
        if dataset not in datasets:
            todo = did_you_mean(dataset, datasets, f"Add datasets/{dataset}.yaml.", "`{}`")
            yield UsageError(f"the recipe is for {dataset!r}, which has no contract", where=place, todo=todo)
        elif dataset != name and not dataset.startswith(f"{name}_"):
            yield UsageError(
                f"the recipe {name!r} is for {dataset!r}",
                where=place,
                expected=f"{name}, or names that begin with {name}_",
                todo=f"Call the file {dataset}.yaml.",
            )
        else:
            contracts.append(datasets[dataset])
            yield from _of_file(dataset, datasets[dataset], recipe, source)
    kinds, owners = [contract.period for contract in contracts], {contract.platform for contract in contracts}
    if len(set(kinds)) < len(kinds) or len(owners) > 1:
        yield UsageError(
            "the datasets of a recipe are of one platform, and each of another kind of period",
            where=place,
            found=", ".join(f"{contract.platform} {contract.period}" for contract in contracts),
            todo="Give each of the others a recipe of its own.",
        )


def _of_file(dataset: str, contract: Any, recipe: Recipe, source: YamlSource) -> Iterator[UsageError]:
    """One that says of its file what the contract says otherwise."""
    words = {"sheet": "sheet", "totals": "drop_rows", "zip_parts": "unpack"}
    for key, value in recipe.file_rules.items():
        said = getattr(contract, key)
        if said not in (None, "refuse", value):
            yield UsageError(
                f"datasets/{dataset}.yaml says {key} {said!r} of the same file",
                where=source.place(("steps", len(recipe.steps) - 1, words[key])),
                todo="Say it in one of both.",
            )


class _Walk:
    """Goes through a recipe from the top down and knows what is known by then."""

    def __init__(self, recipe: Recipe, source: YamlSource, platform: Platform) -> None:
        self._recipe, self._source, self._platform = recipe, source, platform
        #: What each step above has taken.
        self._taken: dict[str, set[str]] = {}
        self._lists: set[str] = set()

    def problems(self) -> Iterator[UsageError]:
        head = self._recipe.recipe
        if head.dialect not in self._platform.all_dialects:
            known = ", ".join(sorted(self._platform.all_dialects))
            yield self._problem(
                ("recipe", "dialect"), f"no dialect {head.dialect!r} is known", f"Write one of: {known}."
            )
        if self._platform.page_client is None:
            yield from self._of_signs()
        yield from self._of_texts(self._source.value["recipe"], ("recipe",), frozenset())
        for number, step in enumerate(self._recipe.steps):
            place: Path = ("steps", number)
            yield from self._of_step(step, place)

    def _of_signs(self) -> Iterator[UsageError]:
        """`sign: page` where the pages have no client that signs what others ask for."""
        for path in _paths_of(self._source.value, "sign", "page"):
            what = f"the pages of {self._platform.name} have no client that signs what others ask"
            yield self._problem(path, what, "Write {borrow: …}, {rewrite: …} or {click: …} in its place.")

    def _of_step(self, step: Step, place: Path) -> Iterator[UsageError]:
        raw = self._source.value["steps"][place[-1]]
        more = frozenset[str]()
        if isinstance(step, EachStep):
            more = frozenset({step.each.row, "page"})
            if step.each.of not in self._lists:
                todo = did_you_mean(step.each.of, self._lists, "Name a list that a step above it reads.", "`{}`")
                yield self._problem((*place, "each", "of"), f"no step above reads a list {step.each.of!r}", todo)
            if step.rows_by is not None and step.rows_by not in self._platform.row_makers:
                known = ", ".join(sorted(self._platform.row_makers)) or "none; leave it out"
                what = f"nobody called {step.rows_by!r} makes rows for this platform"
                yield self._problem((*place, "rows_by"), what, f"Known: {known}.")
        elif isinstance(step, PagesStep):
            more = frozenset({"page"})
        if isinstance(step, JobStep):
            yield from self._of_job(step, raw, place)
        else:
            yield from self._of_texts(raw, place, more)
        yield from self._note(step, place)

    def _of_job(self, step: JobStep, raw: Mapping[str, Any], place: Path) -> Iterator[UsageError]:
        """Its own values are known once it is ordered; after an interruption only its id and name still are."""
        yield from self._of_texts(raw["create"], (*place, "create"), frozenset())
        known, self._taken = self._taken, {**self._taken, step.job: {"id", "name"}}
        yield from self._of_texts({key: raw[key] for key in raw.keys() & {"find", "link"}}, place, frozenset())
        self._taken = known
        if (
            step.find.name is not None
            and f"{{{step.job}.name}}" in step.find.name[1]
            and "name" not in step.create.take
        ):
            what = f"{{{step.job}.name}} is compared with, and create does not take it"
            yield self._problem((*place, "find", "where"), what, "Add `name` to the take of create.")

    def _note(self, step: Step, place: Path) -> Iterator[UsageError]:
        """From here on its name is known."""
        word: Path
        if isinstance(step, PagesStep):
            name, word = step.pages.of, ("pages", "of")
            self._lists.add(name)
        elif isinstance(step, AskStep):
            name, word = step.ask, ("ask",)
        elif isinstance(step, OpenStep):
            name, word = step.open, ("open",)
        elif isinstance(step, JobStep):
            name, word = step.job, ("job",)
        else:
            return
        if name in self._taken or name in (*TIMES, *BARE, self._platform.name):
            yield self._problem((*place, *word), f"the name {name!r} is taken", "Call this step otherwise.")
        if isinstance(step, JobStep):
            self._taken[name] = {"id", *step.create.take, *step.take, *(step.link.take if step.link else ())}
        else:
            self._taken[name] = set(step.take)

    def _of_texts(self, value: Any, path: Path, more: frozenset[str]) -> Iterator[UsageError]:
        if isinstance(value, Mapping):
            for key, part in value.items():
                yield from self._of_texts(part, (*path, key), more)
        elif isinstance(value, list):
            for number, part in enumerate(value):
                yield from self._of_texts(part, (*path, number), more)
        elif isinstance(value, str):
            yield from self._of_text(value, path, more)

    def _of_text(self, text: str, path: Path, more: frozenset[str]) -> Iterator[UsageError]:
        try:
            parts = read_template(text)
        except ValueError as error:
            what, _, todo = str(error).partition(": ")
            yield self._problem(path, what, f"{todo[:1].upper()}{todo[1:]}.")
            return
        if path[-1] in _ADDRESSES and not _CONTENTS.intersection(path):
            first = parts[0] if parts else ""
            if not isinstance(first, Placeholder) or not first.field:
                origins = " or ".join(f"{{{self._platform.name}.{name}}}" for name in self._origins())
                what = "an address begins with a host that portals.yaml or an answer names"
                yield self._problem(path, what, f"Begin it with {origins}.")
        for placeholder in (part for part in parts if isinstance(part, Placeholder)):
            yield from self._of_placeholder(placeholder, path, more)

    def _of_placeholder(self, found: Placeholder, path: Path, more: frozenset[str]) -> Iterator[UsageError]:
        if not found.field:
            if found.holder == "page" and "page" not in more:
                yield self._problem(path, "{page} stands outside of a list", "Write it in a step of pages.")
        elif found.holder == self._platform.name:
            fields = self._platform.load_portal().model_fields
            if found.field not in fields:
                todo = did_you_mean(found.field, fields, f"Known: {', '.join(self._origins())}.", "`{}`")
                yield self._problem(path, f"portals.yaml has no {found} of this platform", todo)
        elif found.holder not in more:
            known = self._taken.get(found.holder)
            if known is None:
                others = ", ".join(dict.fromkeys([self._platform.name, *self._taken, *sorted(more - {"page"})]))
                yield self._problem(path, f"nothing called {found.holder!r} is known here", f"Known: {others}.")
            elif found.holder in self._lists:
                row = next(iter(sorted(more - {"page"})), "row")
                what = f"{found.holder!r} is a list, whose rows a step of each goes through"
                yield self._problem(path, what, f"Write {{{row}.{found.field}}} there.")
            elif found.field not in known:
                todo = f"Add `{found.field}` to its take." if not known else f"It takes: {', '.join(sorted(known))}."
                yield self._problem(path, f"the step {found.holder!r} takes no {found.field!r}", todo)

    def _origins(self) -> list[str]:
        return [name for name in self._platform.load_portal().model_fields if name.endswith(_HOSTS)]

    def _problem(self, path: Path, what: str, todo: str) -> UsageError:
        return UsageError(what, where=self._source.place(path), todo=todo)


def _paths_of(value: Any, key: str, wanted: str, path: Path = ()) -> Iterator[Path]:
    """Where a key has a value, wherever it stands."""
    if isinstance(value, Mapping):
        if value.get(key) == wanted:
            yield (*path, key)
        for name, part in value.items():
            yield from _paths_of(part, key, wanted, (*path, name))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _paths_of(part, key, wanted, (*path, number))
