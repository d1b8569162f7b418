"""What lies in the folder that is compared, and below it: each file is read, or named with the reason why not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from shopdata.excel import sniff
from shopdata.excel.formats.xlsx import sheet_titles
from shopdata.excel.merging.files import shown
from shopdata.excel.merging.folder import look_into
from shopdata.exceptions import RejectedFileError
from shopdata.reasons import Reason
from shopdata.shadow.file_names import Naming
from shopdata.shadow.report import SHEETS
from shopdata.shadow.theirs import Odd, TheirFile
from shopdata.wording import Texts
from shopdata.wording.texts import TAGS


def look_for_files(place: Path, naming: Naming) -> Iterator[TheirFile | Odd]:
    """All files of a folder and those in it, or the one file that `place` is, in the order of their names."""
    if not place.is_dir():
        yield TheirFile(place, shown(place.name), naming.read(PurePosixPath(shown(place.name))))
        return
    for folder, folders, _ in os.walk(place):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from _files_in(Path(folder), place, naming)


def _files_in(folder: Path, top: Path, naming: Naming) -> Iterator[TheirFile | Odd]:
    try:
        found = look_into(folder)
    except OSError as error:
        yield Odd(
            _name(folder, top), reason=Reason("file_in_use", {}, f"it can't be opened ({error.strerror or error})")
        )
        return
    for path in found.files:
        if is_report(path):
            continue
        name = _name(path, top)
        named = naming.read(PurePosixPath(name))
        if named.why:
            period = named.period.dt if named.period is not None else ""
            yield Odd(name, named.shop or "", period, named.why, is_passed_over=named.is_other)
        else:
            yield TheirFile(path, name, named)
    for path, reason in found.may_be_tables:
        yield Odd(_name(path, top), reason=Reason("unreadable", {}, f"{reason}."))
    for path, reason in found.unused:
        if not path.is_dir():
            yield Odd(_name(path, top), reason=Reason("unreadable", {}, f"{reason}."), is_passed_over=True)


def is_report(path: Path) -> bool:
    """True for a workbook that an earlier comparison has written."""
    try:
        titles = tuple(sheet_titles(path) or ()) if sniff(path) == "xlsx" else ()
    except (RejectedFileError, OSError):  # the reader will say it again, where it is listened to
        return False
    return titles in {tuple(map(Texts(language), SHEETS)) for language in TAGS}


def _name(path: Path, top: Path) -> str:
    return shown(path.relative_to(top).as_posix())
