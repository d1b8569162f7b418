"""A third day that a person shows, to hold a recipe against: its file, or the rows that its page has shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext

from shopdata.config import Dataset, Portal, platforms
from shopdata.config.recipes import EachStep, PagesStep, Recipe
from shopdata.crawling.recipes.row_makers import row_maker
from shopdata.crawling.recipes.scope import Scope
from shopdata.excel.formats.json_lines import first_line, row_line
from shopdata.periods import Period
from shopdata.recording.inference.evidence import Seen
from shopdata.recording.inference.known import Known
from shopdata.recording.journal import Call, Download, Entry, Take
from shopdata.recording.lists_seen import Page, pages_of, rows_of_each
from shopdata.recording.redaction.samples import Sample
from shopdata.recording.showing import End, Face, Showing


class ThirdTake:
    """Nothing of it is recorded: what it shows is in memory, and in a file of a folder that goes.

    Args:
        folder: where the file is put.
    """

    def __init__(
        self, folder: Path, name: str, dataset: Dataset, recipe: Recipe, portal: Portal, dialects: Sequence[Known],
        day: date,
    ) -> None:  # fmt: skip
        self._path = folder / "by-hand"
        self._name, self._dataset, self._steps = name, dataset, recipe.steps
        self._portal, self._day = portal, day
        self._known = next(known for known in dialects if known.name == recipe.recipe.dialect)
        self._calls: list[Call] = []
        self._showing: Showing | None = None
        self._path.unlink(missing_ok=True)

    @property
    def file(self) -> Path | None:
        """What was exported; None if it was nothing that this recipe fetches."""
        if isinstance(self._steps[-1], PagesStep | EachStep):
            self._write_rows(list(self._rows(self._steps[-1])))
        return self._path if self._path.is_file() else None

    def wish(self, end: End) -> None:
        """As `Showing.wish`."""
        if self._showing is not None:
            self._showing.wish(end)

    async def show(self, context: BrowserContext, face: Face) -> End:
        """The one take."""
        self._showing = Showing(context, self._portal, self, keep=self._keep)
        return await self._showing.show([self._day], face)

    # -- what it is told, as a recording is -------------------------------------------------------------------------

    def begin(self, day: date) -> None:
        """It begins."""
        self._calls.clear()
        self._path.unlink(missing_ok=True)

    def keep_file(self, download: Download, sample: Sample | None) -> None:
        """Its bytes are kept already."""

    def note(self, entry: Entry) -> None:
        """What was asked."""
        if isinstance(entry, Call):
            self._calls.append(entry)

    def forget_take(self) -> None:
        """It was not what was meant."""
        self.begin(self._day)

    def _keep(self, content: bytes) -> None:
        self._path.write_bytes(content)

    # -- rows that only its page has shown --------------------------------------------------------------------------

    def _rows(self, last: PagesStep | EachStep) -> Iterator[Mapping[str, Any]]:
        """As a crawl keeps them, each once."""
        if isinstance(last, PagesStep):
            for _, found in _each_once(self._pages(last), last.pages.id):
                yield from found
            return
        outer = next(step for step in self._steps if isinstance(step, PagesStep) and step.pages.of == last.each.of)
        maker = row_maker(platforms()[self._known.platform], last.rows_by, last.keep)
        inner = _each_once(self._pages(last.do), last.do.pages.id)
        rows = rows_of_each(self._pages(outer), inner, last.each.id, maker)
        yield from map(maker.masked, rows) if self._dataset.privacy == "mask" else rows

    def _pages(self, step: PagesStep) -> list[Page]:
        seen = Seen(Take(self._day, tuple(self._calls)), self._known)
        period = Period.of(self._dataset.period, self._day)
        return pages_of(seen, step.pages.rows, step, Scope(self._known.platform, self._portal, period))

    def _write_rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            about = {"dataset": self._name, "dt": str(self._day), "rows": len(rows)}
            self._path.write_bytes(b"".join((first_line(about), *map(row_line, rows))))


def _each_once(pages: Sequence[Page], key: str) -> Iterator[Page]:
    """A row that has moved on to the next page meanwhile stands on both."""
    seen: set[str] = set()
    for call, rows in pages:
        new = [row for row in rows if key not in row or str(row[key]) not in seen]
        seen.update(str(row[key]) for row in new if key in row)
        yield call, new
