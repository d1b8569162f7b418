"""What lies in a folder that is to be merged: each entry is read, or named with the reason why not."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from shopdata.excel import kind_of
from shopdata.excel.formats.foreign import LOOK
from shopdata.excel.formats.kinds import TEXT, WORKBOOKS, ZIP
from shopdata.excel.formats.separators import layout_of
from shopdata.exceptions import RejectedFileError

#: Files of these names are read; what they are is told by their content. Some of them can't be read: that is said.
SUFFIXES = (
    *(".xlsx", ".xlsm", ".xlsb", ".xltx", ".xltm", ".xls", ".xlt", ".et", ".ett", ".ods"),
    *(".csv", ".tsv", ".tab", ".txt", ".zip", ".html", ".htm"),
)
#: Excel, WPS and LibreOffice put such a file beside one that somebody has open.
_LOCKS = ("~$", ".~")
#: What systems put into folders.
_OF_THE_SYSTEM = ("thumbs.db", "desktop.ini", "icon\r", "ehthumbs.db")
_SAMPLE_BYTES = 64 << 10


@dataclass
class Folder:
    """The entries of a folder in the order of their names.

    `files` are to be read. `passed_over` are none of ours and mind nobody: (path, reason). `unused` are visible files
    and folders that are not merged either; `may_be_tables` those among them that somebody may have meant.
    """

    files: list[Path] = field(default_factory=list)
    passed_over: list[tuple[Path, str]] = field(default_factory=list)
    unused: list[tuple[Path, str]] = field(default_factory=list)
    may_be_tables: list[tuple[Path, str]] = field(default_factory=list)


def look_into(folder: Path) -> Folder:
    """Looks at each entry: at its name, and where that says nothing, at its content."""
    found = Folder()
    for path in sorted(folder.iterdir()):
        name = path.name.lower()
        if name.startswith(_LOCKS):
            found.passed_over.append((path, "it only says that somebody has a file open"))
        elif name.startswith(".") or name in _OF_THE_SYSTEM:
            found.passed_over.append((path, "a hidden file, or one of the system"))
        elif path.is_dir():
            found.unused.append((path, "a folder: what lies in folders of the folder is not merged"))
        elif path.suffix.lower() in SUFFIXES:
            found.files.append(path)
        else:
            _by_content(path, found)
    return found


def _by_content(path: Path, found: Folder) -> None:
    """Sorts in a file whose name does not say that it is a table."""
    try:
        if not path.is_file():  # opening a pipe would wait for somebody who writes into it
            found.unused.append((path, "no file"))
            return
        kind = kind_of(path)
        size = path.stat().st_size
        is_table = kind == TEXT and _is_proven(path)
    except OSError as error:
        found.may_be_tables.append((path, f"it can't be opened ({error.strerror or error})"))
        return
    is_workbook = kind in (*WORKBOOKS, ZIP)
    if is_workbook and path.suffix.lower() in ("", f".{kind.ext}"):
        found.files.append(path)
    elif not size:
        found.unused.append((path, "an empty file"))
    elif is_table or is_workbook:
        named = f"named '{path.suffix}'" if path.suffix else "without an extension"
        todo = f"If it is meant to be merged, call it .{kind.ext}"
        found.may_be_tables.append((path, f"{kind.name} {named}, which may be a copy. {todo}"))
    elif kind.remedy not in ("", LOOK):
        found.may_be_tables.append((path, f"{kind.name}. {kind.remedy.rstrip('.')}"))
    else:
        found.unused.append((path, kind.name))


def _is_proven(path: Path) -> bool:
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
    text = sample.decode("utf-8", "replace")
    if "\0" in text:
        return False
    try:
        # Its last line may be cut.
        layout_of(text.rpartition("\n")[0] if len(sample) == _SAMPLE_BYTES else text, None, "")
    except RejectedFileError:
        return False
    return True
