"""What is taken out of a zip before it is kept."""

from __future__ import annotations

import zipfile
from fnmatch import fnmatchcase
from pathlib import Path

from shopdata.config.recipes.steps import Unpack
from shopdata.excel.containers.zip_package import Package
from shopdata.excel.formats.kinds import kind_of
from shopdata.excel.limits import Limits
from shopdata.exceptions import RejectedFileError
from shopdata.files import put_in_place, write_durably

#: Of a zip that is made anew: equal parts give equal bytes.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def unpack_file(path: Path, wanted: Unpack, where: str) -> None:
    """Puts what matches in the place of a zip; a file of another kind, a workbook too, stays as it came.

    Where all that match are wanted, a zip of these alone takes its place: `zip_parts: join` reads them as one table.
    Names in it lead nowhere: nothing is written by them. The limits are those of the reader, and hold while it unpacks.

    Raises:
        RejectedFileError: nothing matches, or several do and one is wanted; or it is damaged, or unpacks to too much.
    """
    if kind_of(path).reader != "zip":
        return
    with Package(path, Limits(), where) as package:
        names = [name for name in package.names if "__MACOSX" not in name and _fits(name, wanted.match)]
        if not names or (len(names) > 1 and not wanted.all):
            raise RejectedFileError(
                "the zip does not hold the one file that is wanted",
                code="several_tables",
                where=where,
                found=", ".join(f"'{name}'" for name in (names or package.names)[:5]) or "nothing",
                expected=f"one that is called {wanted.match}",
                todo="Look which file is meant and write it under `unpack` of the recipe: `match` says what it is "
                "called, `all: true` takes all that match as parts of one table.",
            )
        if not wanted.all:
            write_durably(path, package.pieces(names[0]))
            return
        beside = path.with_name(f"{path.name}.parts")
        try:
            with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as made:
                for name in names:
                    with made.open(zipfile.ZipInfo(name, _NO_TIME), "w", force_zip64=True) as part:
                        for piece in package.pieces(name):
                            part.write(piece)
            put_in_place(beside, path)
        finally:
            beside.unlink(missing_ok=True)


def _fits(name: str, pattern: str) -> bool:
    """By what stands behind the last folder, whatever the case."""
    return fnmatchcase(name.replace("\\", "/").rpartition("/")[2].casefold(), pattern.casefold())
