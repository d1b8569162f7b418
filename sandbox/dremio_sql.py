"""What the Dremio double understands: `ALTER TABLE … REFRESH METADATA …` (docs/dremio.md 1.2), and a count."""

from __future__ import annotations

import re
from dataclasses import dataclass

_IDENTIFIER = r'(?:"(?:[^"]|"")+"|[A-Za-z_][A-Za-z0-9_]*)'
#: The order of the clauses is Dremio's; another order is a parse error there too.
_REFRESH = re.compile(
    rf"""
    \s* ALTER \s+ (?:TABLE|PDS|DATASET|VDS|VIEW) \s+ (?P<path> {_IDENTIFIER} (?:\.{_IDENTIFIER})*)
    \s+ REFRESH \s+ METADATA
    (?: \s+ FOR \s+ (?P<scope> ALL \s+ FILES | ALL \s+ PARTITIONS | FILES \s* \([^)]*\) | PARTITIONS \s* \([^)]*\) ) )?
    (?: \s+ (?P<promotion> AUTO | AVOID) \s+ PROMOTION )?
    (?: \s+ (?P<update> FORCE | LAZY) \s+ UPDATE )?
    (?: \s+ (?P<missing> DELETE | MAINTAIN) \s+ WHEN \s+ MISSING )?
    \s*
    """,
    re.VERBOSE | re.IGNORECASE,
)


_COUNT = re.compile(
    rf"""
    \s* SELECT \s+ COUNT\(\*\) \s+ AS \s+ "rows" \s+ FROM \s+ (?P<path> {_IDENTIFIER} (?:\.{_IDENTIFIER})*)
    \s+ WHERE \s+ "dir0" \s* = \s* '(?P<folder> [^']* )' \s*
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True)
class RefreshMetadata:
    """A statement that was understood."""

    path: tuple[str, ...]
    #: Makes a table of a folder that is not one yet.
    promotes: bool
    #: Looks at the files even if the folder seems unchanged.
    forces: bool
    #: Keeps a table whose folder has gone.
    maintains: bool


@dataclass(frozen=True)
class CountRows:
    """A count of one partition that was understood."""

    path: tuple[str, ...]
    folder: str


class SqlError(Exception):
    """The statement fails, with this as the job's `errorMessage`."""


def parse(sql: str) -> RefreshMetadata | CountRows:
    """Reads a statement.

    Raises:
        SqlError: Dremio would not take it, or this double does not know it.
    """
    if (count := _COUNT.fullmatch(sql)) is not None:
        return CountRows(_path(count["path"]), count["folder"])
    found = _REFRESH.fullmatch(sql)
    if found is None:
        raise SqlError(
            "PARSE ERROR: Failure parsing the query. "
            "(The double knows ALTER TABLE … REFRESH METADATA, and the count of a partition.)"
        )
    scope = (found["scope"] or "").upper()
    if scope.startswith("FILES"):
        raise SqlError("UNSUPPORTED_OPERATION ERROR: Refresh metadata for files are not supported")
    return RefreshMetadata(
        _path(found["path"]),
        promotes=(found["promotion"] or "").upper() == "AUTO",
        forces=(found["update"] or "").upper() == "FORCE",
        maintains=(found["missing"] or "").upper() == "MAINTAIN",
    )


def _path(text: str) -> tuple[str, ...]:
    return tuple(
        part[1:-1].replace('""', '"') if part.startswith('"') else part for part in re.findall(_IDENTIFIER, text)
    )
