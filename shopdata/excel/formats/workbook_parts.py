"""What an .xlsx or .xlsb says about itself: its sheets, their visibility, its styles and its epoch."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from xml.etree import ElementTree

from shopdata.excel.containers.zip_package import Package
from shopdata.excel.tables import CellFormat
from shopdata.excel.values.times import format_of
from shopdata.excel.xml.namespaces import children, local, namespace
from shopdata.exceptions import RejectedFileError

#: Parts that are parsed as a whole; a workbook with larger ones is none that a portal makes.
MAX_PART_BYTES = 32 << 20

#: Number formats that a workbook uses by number (ECMA-376, 18.8.30). 27-36 and 50-58 are dates and times in Chinese,
#: Japanese and Korean Excel, 59-81 numbers and dates in Thai; the others are the same everywhere.
BUILTIN_FORMATS = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm",
    21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 27: 'yyyy"年"m"月"', 28: 'm"月"d"日"', 29: 'm"月"d"日"', 30: "m-d-yy",
    31: 'yyyy"年"m"月"d"日"', 32: 'h"时"mm"分"', 33: 'h"时"mm"分"ss"秒"', 34: "h:mm AM/PM", 35: "h:mm:ss AM/PM",
    36: 'yyyy"年"m"月"', 37: "#,##0 ;(#,##0)", 38: "#,##0 ;[Red](#,##0)", 39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;[Red](#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
    50: 'yyyy"年"m"月"', 51: 'm"月"d"日"', 52: 'yyyy"年"m"月"', 53: 'm"月"d"日"', 54: 'm"月"d"日"', 55: "h:mm AM/PM",
    56: "h:mm:ss AM/PM", 57: 'yyyy"年"m"月"', 58: 'm"月"d"日"', 59: "0", 60: "0.00", 61: "#,##0", 62: "#,##0.00",
    67: "0%", 68: "0.00%", 69: "# ?/?", 70: "# ??/??", 71: "d/m/yyyy", 72: "d-mmm-yy", 73: "d-mmm", 74: "mmm-yy",
    75: "h:mm", 76: "h:mm:ss", 77: "d/m/yyyy h:mm", 78: "mm:ss", 79: "[h]:mm:ss", 80: "mm:ss.0", 81: "d/m/yyyy",
}  # fmt: skip


@dataclass(frozen=True)
class SheetEntry:
    """One worksheet of a workbook."""

    name: str
    part: str
    is_hidden: bool


@dataclass
class Workbook:
    """The parts of a workbook that a reader must know before it opens a sheet."""

    sheets: list[SheetEntry] = field(default_factory=list)
    #: Sheets that are listed, but whose part is not in the file.
    missing: list[str] = field(default_factory=list)
    strings_part: str | None = None
    #: One per style number; a workbook without styles has none.
    styles: list[CellFormat] = field(default_factory=list)
    epoch_1904: bool = False


def parse_part(package: Package, name: str, root: str, where: str) -> ElementTree.Element:
    """Parses one small part, whose outermost element must be `root`.

    Raises:
        RejectedFileError: it is not there, too large, no XML, another part, or has a document type.
    """
    if name not in package:
        raise package.broken(f"no {name!r} in it")
    if package.size(name) > MAX_PART_BYTES:
        raise package.broken(f"{name!r} of {package.size(name):,} bytes")
    raw = package.read(name)
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise RejectedFileError(
            "the workbook declares XML entities",
            code="unreadable",
            where=where,
            found=name,
            expected="plain XML",
            todo="Do not open it.",
        )
    try:
        element = ElementTree.fromstring(raw)  # noqa: S314 - see the import
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise package.broken(f"{name!r}: {error}") from None
    if local(element.tag) != root:
        raise package.broken(f"{local(element.tag)!r} in {name!r}")
    return element


def targets_of(package: Package, part: str, where: str) -> dict[str, tuple[str, str]]:
    """Relationship id -> (type's last word, part) of a part."""
    folder, _, name = part.rpartition("/")
    rels = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
    if rels not in package:
        return {}
    found = {}
    root = parse_part(package, rels, "Relationships", where)
    for element in children(root, "Relationship", namespace(root.tag)):
        target = element.get("Target", "").replace("\\", "/")
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        if path not in package and target in package:  # some writers count from the root without saying so
            path = target
        found[element.get("Id", "")] = (element.get("Type", "").rpartition("/")[2], path)
    return found


def find_workbook_part(package: Package, where: str) -> str | None:
    """The part that lists the sheets, or None if the zip is no workbook."""
    for kind, part in targets_of(package, "", where).values():
        if kind == "officeDocument" and part in package and not part.lower().endswith((".bin", "document.xml")):
            return part
    return "xl/workbook.xml" if "xl/workbook.xml" in package else None


def read_workbook(package: Package, part: str, where: str) -> Workbook:
    """Reads the list of sheets and the styles.

    Raises:
        RejectedFileError: a part is no XML, or no sheet has a part.
    """
    root = parse_part(package, part, "workbook", where)
    space = namespace(root.tag)
    targets = targets_of(package, part, where)
    workbook = Workbook()
    for element in children(root, "workbookPr", space):
        workbook.epoch_1904 = element.get("date1904", "0") in ("1", "true")
    for listed in children(root, "sheets", space):
        for element in children(listed, "sheet", space):
            _add_sheet(workbook, element, targets, package)
    if workbook.missing and not workbook.sheets:
        raise package.broken(f"the part of sheet {workbook.missing[0]!r} is missing")
    for kind, path in targets.values():
        if kind == "sharedStrings" and path in package:
            workbook.strings_part = path
        elif kind == "styles" and path in package:
            workbook.styles = _read_styles(parse_part(package, path, "styleSheet", where))
    return workbook


def _add_sheet(
    workbook: Workbook, element: ElementTree.Element, targets: dict[str, tuple[str, str]], package: Package
) -> None:
    name = element.get("name", "")
    kind, path = targets.get(_link_of(element), ("", ""))
    if kind == "worksheet" and path in package:
        workbook.sheets.append(SheetEntry(name, path, element.get("state", "visible") != "visible"))
    elif kind in ("worksheet", ""):
        workbook.missing.append(name)


def _link_of(element: ElementTree.Element) -> str:
    """The id of a relationship that an element names."""
    links = {key: value for key, value in element.attrib.items() if local(key) == "id"}
    named = (value for key, value in links.items() if namespace(key).endswith("elationships}"))
    return next(named, next(iter(links.values()), ""))


def _read_styles(root: ElementTree.Element) -> list[CellFormat]:
    space = namespace(root.tag)
    formats = dict(BUILTIN_FORMATS)
    for block in children(root, "numFmts", space):
        for entry in children(block, "numFmt", space):
            if re.fullmatch(r"\d+", entry.get("numFmtId", "")):
                formats[int(entry.get("numFmtId", ""))] = entry.get("formatCode", "General")
    ids = [
        entry.get("numFmtId", "0")
        for block in children(root, "cellXfs", space)
        for entry in children(block, "xf", space)
    ]
    return [format_of(formats.get(int(number) if number.isdigit() else 0, "General")) for number in ids]
