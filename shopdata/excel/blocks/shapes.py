"""What the raw values of a worksheet's cells become: one reader for all cells that are read alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shopdata.excel.tables import TEXT, CellFormat, Formats, Kind
from shopdata.excel.values.iso_times import iso_text
from shopdata.excel.values.numbers import convert_distinct, number_column
from shopdata.excel.values.times import date_column
from shopdata.excel.xml.scan import CellShape
from shopdata.excel.xml.strings import Positions, UnsupportedXmlError, plain_texts
from shopdata.exceptions import RejectedFileError

#: A piece of a sheet names its texts by number: more than this is not a table but an attack.
MAX_BLOCK_TEXT = 256 << 20


@dataclass
class SheetContext:
    """What the cells of a workbook refer to."""

    formats: Formats
    strings: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))
    #: The shared strings in which a character was replaced.
    illegal_strings: Positions = field(default_factory=lambda: np.zeros(0, np.intp))
    styles: Sequence[CellFormat] = ()
    epoch_1904: bool = False
    #: What a refusal names.
    where: str = ""

    @cached_property
    def longest_string(self) -> int:
        """Bytes of the longest shared string."""
        return pc.max(pc.binary_length(self.strings)).as_py() or 0

    def style(self, number: int) -> CellFormat:
        """The format of a style number; a workbook without that style means a plain number."""
        return self.styles[number] if number < len(self.styles) else CellFormat(Kind.NUMBER)


#: Makes texts of raw values; with them the numbers of the values a person should hear about, and as what.
Reader = Callable[[pa.Array], tuple[pa.Array, "Flagged"]]
Flagged = tuple[str, npt.NDArray[np.intp]]
_NOTHING: Flagged = ("", np.zeros(0, np.intp))


def reader_of(shape: CellShape, context: SheetContext) -> tuple[int, object, Reader]:
    """The code of a shape, what tells its reader from others, and the reader."""
    code = context.formats.code
    match shape.cell_type:
        case "s":
            return TEXT, "s", partial(_shared_texts, context=context)
        case "inlineStr" | "str":
            return TEXT, "text", _plain_texts
        case "b":
            return code(CellFormat(Kind.BOOL)), "b", _bool_texts
        case "e":
            return code(CellFormat(Kind.ERROR)), "e", _error_texts
        case "n":
            style = context.style(shape.style)
            if style.kind is Kind.DATE:
                reader = partial(_date_texts, style=style, epoch_1904=context.epoch_1904)
                return code(style), style, reader
            return code(style), "n", _number_texts
        case "d" if (style := context.style(shape.style)).kind is Kind.DATE:
            reader = partial(_iso_texts, style=style, epoch_1904=context.epoch_1904)
            return code(style), ("d", style), reader
    raise UnsupportedXmlError(f"a cell of type {shape.cell_type!r}")


def _shared_texts(raw: pa.Array, context: SheetContext) -> tuple[pa.Array, Flagged]:
    try:
        numbers = raw.cast(pa.int32())
        if len(numbers) * context.longest_string > MAX_BLOCK_TEXT:
            _refuse_bomb(pc.sum(pc.binary_length(context.strings).take(numbers)).as_py() or 0, context.where)
        texts = context.strings.take(numbers)
    except (pa.ArrowInvalid, pa.ArrowIndexError) as error:
        raise UnsupportedXmlError(str(error)) from None
    if not len(context.illegal_strings):
        return texts, _NOTHING
    return texts, ("illegal", np.flatnonzero(np.isin(numbers.to_numpy(), context.illegal_strings)))


def _refuse_bomb(size: int, where: str) -> None:
    if size > MAX_BLOCK_TEXT:
        raise RejectedFileError(
            "the file unpacks to more than is safe",
            code="file_too_large",
            where=where,
            found=f"shared strings that become {size:,} bytes within a few megabytes of the sheet",
            expected=f"at most {MAX_BLOCK_TEXT:,}",
            todo="Do not open it; look where it comes from.",
        )


def _plain_texts(raw: pa.Array) -> tuple[pa.Array, Flagged]:
    texts, illegal = plain_texts(raw)
    return texts, ("illegal", illegal)


def _bool_texts(raw: pa.Array) -> tuple[pa.Array, Flagged]:
    return convert_distinct(raw, lambda value: "TRUE" if value.strip() in ("1", "true") else "FALSE"), _NOTHING


def _error_texts(raw: pa.Array) -> tuple[pa.Array, Flagged]:
    return plain_texts(raw)[0], ("errors", np.arange(len(raw)))


def _number_texts(raw: pa.Array) -> tuple[pa.Array, Flagged]:
    try:
        texts, imprecise = number_column(raw)
    except ValueError as error:
        raise UnsupportedXmlError(f"{error} is no number") from None
    return texts, ("imprecise", imprecise)


def _date_texts(raw: pa.Array, style: CellFormat, epoch_1904: bool) -> tuple[pa.Array, Flagged]:
    try:
        return date_column(raw, style.number_format, epoch_1904=epoch_1904), _NOTHING
    except (ValueError, OverflowError) as error:
        raise UnsupportedXmlError(f"a date that is none: {error}") from None


def _iso_texts(raw: pa.Array, style: CellFormat, epoch_1904: bool) -> tuple[pa.Array, Flagged]:
    def convert(value: str) -> str:
        text, shown = iso_text(value.strip(), style, epoch_1904=epoch_1904)
        if shown != style:
            raise ValueError(value)
        return text

    try:
        return convert_distinct(raw, convert), _NOTHING
    except (ValueError, OverflowError) as error:
        raise UnsupportedXmlError(f"a time that is none, or of another kind: {error}") from None
