"""A third day that a person shows, to hold a recipe against: its file, or the rows that its page has shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext

from shopdata.config import Portal
from shopdata.config.recipes import PagesStep, Recipe
from shopdata.excel.formats.json_lines import first_line, row_line
from shopdata.recording.inference.evidence import Seen, at
from shopdata.recording.inference.known import Known
from shopdata.recording.journal import Call, Download, Entry, Take
from shopdata.recording.redaction.samples import Sample
from shopdata.recording.showing import End, Face, Showing


class ThirdTake:
    """Nothing of it is recorded: what it shows is in memory, and in a file of a folder that goes.

    Args:
        folder: where the file is put.
    """

    def __init__(self, folder: Path, name: str, recipe: Recipe, dialects: Sequence[Known], day: date) -> None:
        self._path = folder / "by-hand"
        self._name, self._day = name, day
        self._step = recipe.steps[-1]
        self._known = next(known for known in dialects if known.name == recipe.recipe.dialect)
        self._calls: list[Call] = []
        self._showing: Showing | None = None
        self._path.unlink(missing_ok=True)

    @property
    def file(self) -> Path | None:
        """What was exported; None if it was nothing that this recipe fetches."""
        if isinstance(self._step, PagesStep):
            self._write_rows(self._step)
        return self._path if self._path.is_file() else None

    def wish(self, end: End) -> None:
        """As `Showing.wish`."""
        if self._showing is not None:
            self._showing.wish(end)

    async def show(self, context: BrowserContext, portal: Portal, face: Face) -> End:
        """The one take."""
        self._showing = Showing(context, portal, self, keep=self._keep)
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

    def _write_rows(self, step: PagesStep) -> None:
        """The rows of the recipe's list, each once, as a crawl keeps them."""
        path = step.address.partition("}")[2].split("?")[0]
        place = tuple(step.pages.rows.removeprefix("$").strip(".").split("."))
        calls = tuple(call for call in self._calls if "/" + "/".join(call.path) == path)
        seen = Seen(Take(self._day, calls), self._known)
        rows: dict[str, Mapping[str, Any]] = {}
        for call in calls:
            for row in at(seen.contents.get(call.number), place) or []:
                if isinstance(row, dict):
                    rows.setdefault(str(row.get(step.pages.id, len(rows))), row)
        if not rows:
            return
        about = {"dataset": self._name, "dt": str(self._day), "rows": len(rows)}
        self._path.write_bytes(b"".join((first_line(about), *map(row_line, rows.values()))))
