"""A file as it may be kept: header, days and labels of totals stay, every other cell has a stand-in of its kind.

It is written anew, so that pictures, properties, comments and whatever else a workbook holds are not in it.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from shopdata.config.recipes.steps import Unpack
from shopdata.crawling.recipes.unpacking import unpack_file
from shopdata.excel.formats.kinds import kind_of
from shopdata.excel.reading import read_cells, read_table
from shopdata.excel.tables import Kind
from shopdata.exceptions import RejectedFileError
from shopdata.periods import SHANGHAI
from shopdata.recording.redaction.proof import contents_of, prove_clean
from shopdata.recording.redaction.stand_ins import StandIns

#: Rows of a sheet that are kept, and the last ones of it, where totals stand.
_MOST_ROWS, _LAST = 40, 3
#: Larger files are sampled by their table alone.
_SMALL = 4 << 20
_DAY = re.compile(r"(\d{4}([-/.])\d{1,2}\2\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日|(?:19|20)\d{6})([ T]\d{1,2}:\d{2}.*)?")
_TOTALS = re.compile(
    r"(?:本页|全部)?(?:合\s*计|总\s*计|小\s*计|平\s*均值?|汇\s*总)[:：]?|(?:grand |sub)?totals?|average", re.I
)
#: Days this far away are none of a report.
_FAR = 800
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
#: Numbers of fewer digits stand anywhere by chance.
_LONG = 8


@dataclass(frozen=True)
class Sample:
    """Some rows of each sheet as they stand in a file. Never written as it is.

    Args:
        kind: `xlsx` or `csv`.
        sheets: name, and cells by their column, with the kind of each.
        zipped: what the file is called within a zip; empty where it is in none.
        names: texts that stay: the header's, and names of sheets that a contract may say.
    """

    kind: str
    sheets: tuple[tuple[str, tuple[Mapping[int, tuple[str, Kind]], ...]], ...]
    zipped: str = ""
    names: frozenset[str] = frozenset()

    @property
    def suffix(self) -> str:
        """What the file is called by."""
        return "zip" if self.zipped else self.kind

    def texts(self) -> Iterator[str]:
        """All that stands in it."""
        for name, rows in self.sheets:
            yield name
            for row in rows:
                yield from (text for text, _ in row.values())


def sample_of(content: bytes, table: Mapping[str, Any]) -> Sample | None:
    """As much of a file as is kept of it; None where it can't be read.

    Args:
        table: what is known of it (`recording.tables`).
    """
    tables = (table, *table.get("sheets", ()))
    names = frozenset(str(one["name"]) for one_of in tables for one in one_of.get("columns", ()))
    names |= {str(one["name"]) for one in table.get("sheets", ())}
    with tempfile.TemporaryDirectory(prefix="shopdata-record-") as folder:
        path = Path(folder, "file")
        path.write_bytes(content)
        try:
            if kind_of(path).ext == "zip":
                unpack = Unpack.model_validate({**table.get("unpack", {}), "all": False})
                unpack_file(path, unpack, "")
                suffix = unpack.match.rpartition(".")[2] if "." in unpack.match else kind_of(path).ext
                zipped = f"table.{suffix}"
            else:
                zipped = ""
            kind = "csv" if kind_of(path).reader == "csv" else "xlsx"
            small = path.stat().st_size <= _SMALL
            return Sample(kind, tuple(_cells(path) if small else _table(path)), zipped, names)
        except (RejectedFileError, OSError, ValueError):
            return None


def _cells(path: Path) -> Iterator[tuple[str, tuple[Mapping[int, tuple[str, Kind]], ...]]]:
    for sheet in read_cells(path):
        rows = [{place: (cell.text, cell.format.kind) for place, cell in row.cells.items()} for row in sheet.rows]
        yield sheet.name, tuple(rows if len(rows) <= _MOST_ROWS else rows[: _MOST_ROWS - _LAST] + rows[-_LAST:])


def _table(path: Path) -> Iterator[tuple[str, tuple[Mapping[int, tuple[str, Kind]], ...]]]:
    table = read_table(path, None).to_arrow()
    header = {place: (name, Kind.TEXT) for place, name in enumerate(table.column_names)}
    rows = [
        {place: (str(value), Kind.TEXT) for place, value in enumerate(row.values()) if value is not None}
        for row in table.slice(0, _MOST_ROWS).to_pylist()
    ]
    yield "Sheet1", (header, *rows)


def written(sample: Sample, by: StandIns) -> bytes:
    """The file that may be kept. Raises SecretFoundError where it would hold something of the sample."""
    kept = sample.names | {text for text in sample.texts() if _stays(text, sample.names)}
    sheets = [
        (name if name in sample.names and not by.is_secret(name) else "", [_row(row, sample.names, by) for row in rows])
        for name, rows in sample.sheets
    ]
    content = _csv(sheets) if sample.kind == "csv" else _workbook(sheets)
    if sample.zipped:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(sample.zipped), content)
        content = packed.getvalue()
    secrets = {text for text in sample.texts() if text not in kept and (len(text) >= _LONG or not text.isascii())}
    with tempfile.TemporaryDirectory(prefix="shopdata-record-") as folder:
        path = Path(folder, "file")
        path.write_bytes(content)
        known = [secret for secret in by.secrets if secret not in kept]
        prove_clean(contents_of(path), secrets, known)
    return content


def _stays(text: str, names: frozenset[str]) -> bool:
    return text in names or bool(_TOTALS.fullmatch(text.strip()) or _day_in(text))


def _day_in(text: str) -> re.Match[str] | None:
    """A text that is a day of these years; digits that merely look like one are somebody's number."""
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    numbers = re.findall(r"\d+", found[1])
    year, month, day = numbers if len(numbers) == 3 else (found[1][:4], found[1][4:6], found[1][6:])
    try:
        moment = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if abs((moment - datetime.now(SHANGHAI).date()).days) < _FAR else None


def _row(row: Mapping[int, tuple[str, Kind]], names: frozenset[str], by: StandIns) -> dict[int, Any]:
    return {place: _cell(text, kind, names, by) for place, (text, kind) in row.items()}


def _cell(text: str, kind: Kind, names: frozenset[str], by: StandIns) -> Any:
    if by.is_secret(text):
        return by.cell(text)
    if (day := _day_in(text)) is not None:
        # At which second something was done is somebody's; on which day is not.
        return day[1] + (" 00:00:00" if day[3] else "")
    if _stays(text, names) or kind in (Kind.BOOL, Kind.ERROR):
        return text
    written = by.cell(text)
    if kind is Kind.NUMBER:
        try:
            return float(written) if "." in written or "e" in written.lower() else int(written)
        except ValueError:
            return written
    return written


def _csv(sheets: list[tuple[str, list[dict[int, Any]]]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    for _, rows in sheets:
        for row in rows:
            writer.writerow([row.get(place, "") for place in range(max(row, default=-1) + 1)])
    return text.getvalue().encode("utf-8-sig")


def _plain(sheet: Any, value: Any) -> Any:
    """A cell that is never a formula, whatever its text begins with."""
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, _CONTROL.sub(" ", value))
    cell.data_type = "s"
    return cell


def _workbook(sheets: list[tuple[str, list[dict[int, Any]]]]) -> bytes:
    book, content = Workbook(write_only=True), io.BytesIO()
    for number, (name, rows) in enumerate(sheets, start=1):
        sheet = book.create_sheet(name or f"Sheet{number}")
        for row in rows:
            sheet.append([_plain(sheet, row.get(place)) for place in range(max(row, default=-1) + 1)])
    if not sheets:
        book.create_sheet("Sheet1")
    book.save(content)
    return content.getvalue()
