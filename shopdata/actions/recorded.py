"""What follows from a recording, before it is written: recipe and contract, and what a person may say about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from shopdata.config import platforms
from shopdata.crawling.recipes.row_makers import row_maker
from shopdata.exceptions import ShopdataError
from shopdata.files import as_disk_error
from shopdata.periods import SHANGHAI, Period
from shopdata.recording.contract import (
    columns_of_each,
    columns_of_files,
    columns_of_rows,
    contract_of,
    has_totals,
    personal_columns,
    sheet_of,
)
from shopdata.recording.files import contract_text, recipe_text, write_contract, write_recipe
from shopdata.recording.inference import Inferred, Known, Line, NotInferredError
from shopdata.recording.inference.evidence import Seen
from shopdata.recording.journal import Journal
from shopdata.recording.newest import lag_of


@dataclass(frozen=True)
class Draft:
    """The two files of a dataset, as they would be written.

    Args:
        shown: what the recipe was made of.
        personal: columns of which nothing is kept; only of a recipe that ends in a file.
    """

    name: str
    recipe: Mapping[str, Any]
    contract: Mapping[str, Any]
    lines: tuple[Line, ...]
    shown: tuple[Period, ...]
    #: What is rehearsed best: like these, and none of them.
    third: Period
    personal: tuple[str, ...] = ()

    @property
    def ends_in_file(self) -> bool:
        return "file" in self.recipe["steps"][-1]

    @property
    def full_recipe(self) -> Mapping[str, Any]:
        """With the columns of which nothing is kept."""
        if not (self.ends_in_file and self.personal):
            return self.recipe
        *steps, last = self.recipe["steps"]
        return {**self.recipe, "steps": [*steps, {**last, "personal": list(self.personal)}]}

    def with_columns(self, ids: Collection[str], keys: Collection[str], personal: Collection[str]) -> Draft:
        """As a person says what its columns are: a key is an id, and stands in every row."""
        names = [str(name) for name in self.contract["columns"]]
        its_keys = [name for name in names if name in keys]
        its_ids = [name for name in names if name in ids or name in keys]
        contract = {**self.contract, "ids": its_ids, "keys": its_keys, "required": list(its_keys)}
        its_personal = tuple(name for name in names if name in personal) if self.ends_in_file else ()
        lines = self.lines
        if self.ends_in_file:
            told = [Line("personal", {"columns": ", ".join(its_personal)})] if its_personal else []
            lines = (*(line for line in lines if line.code != "personal"), *told)
        return replace(self, contract=contract, personal=its_personal, lines=lines)

    @property
    def has_totals(self) -> bool:
        """True if rows of sums were seen."""
        return "drop_rows" in self.recipe["steps"][-1] or "totals" in self.contract

    def with_totals(self) -> Draft:
        """As somebody wants it to whom rows of sums are rows of the report."""
        *steps, last = self.recipe["steps"]
        last = {name: part for name, part in last.items() if name != "drop_rows"}
        lines = tuple(Line("totals_stay") if line.code == "has_totals" else line for line in self.lines)
        contract = {**self.contract, "totals": "keep"}
        return replace(self, recipe={**self.recipe, "steps": [*steps, last]}, contract=contract, lines=lines)

    def texts(self, folder: Path | None) -> dict[str, str]:
        """The files by their place below pipelines_config; a contract that is there stays, and is none of them."""
        found = {f"recipes/{self.name}.yaml": recipe_text(self.name, self.full_recipe, _today(), self.shown)}
        has_contract = folder is not None and (folder / "datasets" / f"{self.name}.yaml").exists()
        if not has_contract:
            found[f"datasets/{self.name}.yaml"] = contract_text(self.contract)
        return found

    def write(self, folder: Path) -> tuple[Line, ...]:
        """Writes both; what is to be said besides.

        Raises:
            UsageError: a recipe stands there that was written by hand.
            DiskError: it can't be written.
        """
        lines = self.lines
        for part in ("datasets", "recipes"):
            with as_disk_error(folder / part):
                (folder / part).mkdir(exist_ok=True)
        if not write_contract(folder / "datasets" / f"{self.name}.yaml", self.contract):
            lines = (*lines, Line("contract_stays"))
        write_recipe(folder / "recipes" / f"{self.name}.yaml", self.full_recipe, _today(), self.shown)
        return lines


def drafted(
    name: str, platform: str, journal: Journal, dialects: Sequence[Known], inferred: Inferred, *, title: str = "",
    lag_days: int | None = None, sheet: str = "",
) -> Draft:  # fmt: skip
    """The files that follow from a recording.

    Args:
        title, lag_days: as somebody has said them; else the name, and what was seen.
        sheet: of a workbook, the one that is meant.

    Raises:
        NotInferredError: no table could be read.
    """
    found = sheet_of(journal, sheet)
    if found is not None and has_totals(journal, found[0]):
        *steps, last = inferred.recipe["steps"]
        recipe = {**inferred.recipe, "steps": [*steps, {**last, "drop_rows": "totals"}]}
        inferred = replace(inferred, recipe=recipe, lines=(*inferred.lines, Line("has_totals")))
    columns = _columns(platform, journal, dialects, inferred.recipe, found[0] if found else "")
    if not columns:
        # A recipe without a contract would be a mistake in the configuration of all others.
        raise NotInferredError("no_table")
    lag, how = lag_of(journal, inferred) if lag_days is None else (lag_days, None)
    contract, told = contract_of(
        columns, title=title or name, platform=platform, lag_days=lag, has_day=inferred.has_day, kind=inferred.kind
    )
    lines = [*inferred.lines, *told, *([how] if how else ())]
    if found is not None:
        contract["sheet"] = found[0]
        lines.append(Line("sheet", {"sheet": found[0], "sheets": ", ".join(found[1])}, is_doubt=not sheet))
    personal = tuple(personal_columns(columns[0])) if "file" in inferred.recipe["steps"][-1] else ()
    shown = tuple(inferred.period_with(take.day) for take in journal.takes)
    return Draft(name, inferred.recipe, contract, tuple(lines), shown, _third(inferred, shown), personal)


def _third(inferred: Inferred, shown: Sequence[Period]) -> Period:
    first = min(shown).start
    earlier = (inferred.period_with(first - timedelta(days=number)) for number in range(1, 60))
    return next(period for period in earlier if period.end < first)


def _columns(
    platform: str, journal: Journal, dialects: Sequence[Known], recipe: Mapping[str, Any], sheet: str
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
    maker = row_maker(platforms()[platform], last.get("rows_by"), last.get("keep", ()))
    return columns_of_each(seen, outer, last["do"]["pages"]["rows"], last["each"]["id"], maker)


def write_checked(draft: Draft, folder: Path, check: Callable[[], object]) -> tuple[Line, ...]:
    """Writes a draft, both files or none; takes it back where `check` finds that nobody could read it.

    Raises:
        ShopdataError: what `check` raises, or `Draft.write`.
    """
    paths = [folder / name for name in draft.texts(folder)]
    before = {path: path.read_bytes() if path.exists() else None for path in paths}
    try:
        lines = draft.write(folder)
        check()
    except ShopdataError:
        for path, content in before.items():
            if content is not None:
                path.write_bytes(content)
            elif path.exists():
                path.unlink()
        raise
    return lines


def _today() -> date:
    return datetime.now(SHANGHAI).date()
