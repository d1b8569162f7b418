"""How a day is collected aside by a recipe, and held against an export by hand."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow.parquet as pq

from shopdata.actions.shadow_view import difference_line, spread
from shopdata.config import Dataset
from shopdata.excel.contract import Contract
from shopdata.excel.reading import read_table
from shopdata.exceptions import ArgumentError
from shopdata.ledger import Ledger
from shopdata.periods import SHANGHAI, Period
from shopdata.recording.files import REHEARSED, config_folder, note_proof, was_shown
from shopdata.shadow.comparing import Compared, How, Kind, compare
from shopdata.shadow.rows import Rows
from shopdata.wording import Texts
from shopdata.workspace import Workspace, is_shared

#: Of the crawl's, what would publish, tell others, or say what is missing. A test sees that nothing is forgotten.
_OFF = {
    "ITEM_PIPELINES": (
        "compare.ComparePipeline",
        "plausible.PlausiblePipeline",
        "stage.StagePipeline",
        "merge.MergePipeline",
        "publish.PublishPipeline",
        "refresh.RefreshPipeline",
    ),
    "EXTENSIONS": (
        "published_feed.PublishedFeed",
        "publish_at_idle.PublishAtIdle",
        "outcome.RunOutcome",
        "progress.Progress",
        "alerts.Alerts",
    ),
}
_FOLDERS = {"ITEM_PIPELINES": "shopdata.pipelines", "EXTENSIONS": "shopdata.extensions"}
_OWN_PIPELINE = "shopdata.pipelines.rehearse.RehearsalPipeline"
#: Pipelines and extensions of the crawl: the add-on puts its own beside those that are set, but for what is None.
COMPONENTS: dict[str, dict[str, int | None]] = {
    setting: {f"{_FOLDERS[setting]}.{name}": None for name in names} for setting, names in _OFF.items()
}
COMPONENTS["ITEM_PIPELINES"][_OWN_PIPELINE] = 200
#: Of the state directory, what a rehearsal shares with real runs.
_SHARED = ("sessions", "devices", "pace")
#: So many differences are named.
_MOST_SHOWN = 10


@dataclass(frozen=True)
class Rehearsed:
    """What came of a rehearsal.

    Args:
        kind: `nothing` (no file came), `empty` (both), `differs`, or `same`.
        proven: the recipe that says so from now on; None where it was proven before, or is not now.
    """

    kind: str
    name: str
    period: Period
    compared: Compared | None = None
    proven: Path | None = None

    def lines(self, t: Texts) -> Iterator[str]:
        """What differs, the first of it."""
        if self.kind == "differs" and self.compared is not None:
            yield from _lines(t, self.compared)

    def sentence(self, t: Texts) -> str:
        """What came of it."""
        done = self.compared
        counts = {} if done is None else {"ours": done.rows_ours, "theirs": done.rows_theirs, "rows": done.paired}
        wanted = {"differs": ("ours", "theirs"), "same": ("rows",)}.get(self.kind, ())
        known = {name: counts[name] for name in wanted}
        return t(f"rehearse.{self.kind}", name=self.name, day=self.period.dt, **known)


def is_of_recipe(workspace: Workspace, name: str, period: Period) -> bool:
    """True for what the recipe was made of: it proves nothing."""
    recipe = config_folder() / "recipes" / f"{name}.yaml"
    return not workspace.config.dataset(name).is_snapshot and recipe.is_file() and was_shown(recipe, period)


def period_of(workspace: Workspace, name: str, day: date) -> Period:
    """What is collected for a day: of weeks the one that ends on it, of months its own."""
    return Period.of(workspace.config.dataset(name).period, day)


def check_period(workspace: Workspace, name: str, period: Period) -> None:
    """Raises ArgumentError for what the recipe was made of."""
    if is_of_recipe(workspace, name, period):
        kind = workspace.config.dataset(name).period
        raise ArgumentError(
            f"the recipe was made of this {kind}, which proves nothing",
            where="--date",
            found=period.dt,
            todo=f"Export a third {kind} by hand, and name that one.",
        )


def rehearsed(
    workspace: Workspace, name: str, shop: str, period: Period, by_hand: Path, log: Path | None = None
) -> Rehearsed:
    """Collects a period aside and compares; notes it in the recipe where both are the same.

    Args:
        log: where the crawl writes what it has to say; None for this process' own output.
    """
    dataset = workspace.config.dataset(name)
    with tempfile.TemporaryDirectory(prefix="shopdata-rehearsal-") as made:
        folder = Path(made)
        # First: one that can't be read costs the portal nothing.
        theirs = _saved(by_hand, dataset, folder / "theirs.parquet")
        ours = _collect(workspace, name, shop, period, folder, log)
        if ours is None:
            return Rehearsed("nothing", name, period)
        done = compare(_saved(ours, dataset, folder / "ours.parquet"), theirs, _how(workspace, name, dataset))
    if not (done.rows_ours or done.rows_theirs):
        return Rehearsed("empty", name, period, done)
    if _is_different(done):
        return Rehearsed("differs", name, period, done)
    recipe = config_folder() / "recipes" / f"{name}.yaml"
    if name not in workspace.config.unproven:
        return Rehearsed("same", name, period, done)
    note_proof(recipe, period, datetime.now(SHANGHAI).date())
    return Rehearsed("same", name, period, done, recipe)


def shop_with(workspace: Workspace, dataset: str, given: str) -> str:
    """The id of a shop that has this dataset, by its id or name. Raises ArgumentError."""
    known = workspace.config.shops_for(dataset)
    for shop in known:
        if given in (shop.id, shop.name):
            return shop.id
    raise ArgumentError(
        f"no enabled shop of this name has the dataset {dataset!r}",
        where="--shop",
        found=given,
        todo=f"Name one of: {', '.join(shop.id for shop in known[:10]) or 'none, enable one in shops.yaml'}.",
    )


def _collect(workspace: Workspace, name: str, shop: str, period: Period, folder: Path, log: Path | None) -> Path | None:
    """The file that a crawl brings, which keeps its state aside and publishes nothing."""
    state = folder / "state"
    state.mkdir()
    for part in _SHARED:
        source = workspace.state_dir / part
        if source.is_dir():
            try:
                (state / part).symlink_to(source.resolve(), target_is_directory=True)
            except OSError:  # Windows asks for a right that few have
                shutil.copytree(source, state / part)
    if kept := workspace.ledger.shops.all():
        # Cells, runs and orders of the real ledger are none of its business; the shops that stand there are.
        Ledger.at(state, None).shops.change(lambda _none: kept)
    target = folder / REHEARSED
    variables = {**os.environ, "SHOPDATA_STATE_DIR": str(state), "SHOPDATA_DATABASE_URL": ""}
    if is_shared(workspace.database_url):
        # Who is signed in, and how fast a shop may be asked, is one thing for all runs.
        variables["SHOPDATA_SESSIONS_DATABASE_URL"] = str(workspace.database_url)
    # Also where no scrapy.cfg stands, as in the folder of a service.
    variables.setdefault("SCRAPY_SETTINGS_MODULE", "shopdata.settings")
    command = [sys.executable, "-m", "scrapy", "crawl", name, "-a", f"date={period.end}", "-a", f"shops={shop}"]
    # A day that is published already shall be collected all the same.
    command += ["-s", "SHOPDATA_ASKS_STORE=0"]
    for setting, value in COMPONENTS.items():
        command += ["-s", f"{setting}={json.dumps(value)}"]
    with contextlib.ExitStack() as opened:
        told = None if log is None else opened.enter_context(log.open("wb"))
        subprocess.run(command, env=variables, check=False, stdout=told, stderr=told)  # noqa: S603 - our own command
    return target if target.is_file() else None


def _saved(path: Path, dataset: Dataset, target: Path) -> Rows:
    """A file's rows under the names of the contract."""
    table = read_table(path, Contract.of(dataset)).to_arrow()
    pq.write_table(table, target)
    return Rows(target, tuple(table.column_names), range(table.num_rows))


def _how(workspace: Workspace, name: str, dataset: Dataset) -> How:
    is_masked = dataset.privacy == "mask"
    recipe = workspace.config.recipes.get(name)
    personal = getattr(recipe.steps[-1], "personal", ()) if recipe is not None and is_masked else ()
    return How(
        keys=dataset.keys,
        ids=frozenset(dataset.ids),
        # Nothing of them is kept, so that there is nothing to compare.
        ignored=frozenset(personal),
        is_exact=True,
        is_masked=is_masked,
    )


def _is_different(done: Compared) -> bool:
    # A row of sums that only the export by hand has is one that the recipe drops.
    return bool(done.differing or done.columns_ours)


def _lines(t: Texts, done: Compared) -> Iterator[str]:
    if done.columns_ours:
        yield t("rehearse.columns_ours", columns=t.shops(done.columns_ours))
    if done.columns_theirs:
        yield t("rehearse.columns_theirs", columns=t.shops(done.columns_theirs))
    told = [one for one in spread(done.told) if one.kind is not Kind.COLUMN]
    for difference in told[:_MOST_SHOWN]:
        yield t("rehearse.difference", what=difference_line(t, difference))
    rest = done.only_ours + done.only_theirs + sum(done.cells.values()) - min(len(told), _MOST_SHOWN)
    if rest:
        yield t("rehearse.more", n=rest)
