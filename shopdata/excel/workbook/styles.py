"""The styles of a merged workbook: the number formats of its sources, ids as text, a bold header."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from shopdata.excel.tables import PLAIN_FORMATS, CellFormat, Kind

#: Style numbers that every workbook of ours has.
GENERAL, TEXT_STYLE, HEADER, WRAPPED = range(4)

_FIRST_OWN_FORMAT = 164


class Styles:
    """Gives every format a style number, in the order in which formats turn up."""

    def __init__(self) -> None:
        self._formats: dict[str, int] = {}

    def number(self, cell_format: CellFormat) -> int:
        """The style of cells in this format. Excel allows some 64,000 styles; after 4,000 the plain ones are used."""
        code = cell_format.number_format
        if cell_format.kind in (Kind.TEXT, Kind.BOOL, Kind.ERROR) or code == "General":
            if cell_format.kind is not Kind.DATE:
                return GENERAL
            code = PLAIN_FORMATS[Kind.DATE]
        if code not in self._formats and len(self._formats) >= 4000:
            return GENERAL
        return WRAPPED + 1 + self._formats.setdefault(code, len(self._formats))

    def xml(self) -> bytes:
        """`xl/styles.xml`."""
        formats = "".join(
            f'<numFmt numFmtId="{_FIRST_OWN_FORMAT + place}" formatCode={quoteattr(code)}/>'
            for code, place in self._formats.items()
        )
        own = "".join(
            f'<xf numFmtId="{_FIRST_OWN_FORMAT + place}" fontId="0" fillId="0" borderId="0" xfId="0" '
            'applyNumberFormat="1"/>'
            for place in self._formats.values()
        )
        count = len(self._formats)
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            + (f'<numFmts count="{count}">{formats}</numFmts>' if count else "")
            + '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
            '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
            '<fills count="3"><fill><patternFill patternType="none"/></fill>'
            '<fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid">'
            '<fgColor rgb="FFEAEFF5"/><bgColor indexed="64"/></patternFill></fill></fills>'
            '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
            '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
            f'<cellXfs count="{count + 4}">'
            '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
            '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
            '<xf numFmtId="0" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1"/>'
            '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1">'
            '<alignment vertical="top" wrapText="1"/></xf>'
            f"{own}</cellXfs>"
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
        ).encode()
