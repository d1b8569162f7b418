"""Elements of other namespaces mean other things, whatever their local names; and no namespace needs a certain prefix."""

# ruff: noqa: E501 - one case, one line, however long its XML is

from __future__ import annotations

from pathlib import Path

import pytest
from foreign import DATASET, LINKS, MAIN, header_row, inline, rows_of, write_by_hand

from shopdata.excel import read_table
from shopdata.excel.blocks.merged_ranges import read_merges
from shopdata.excel.formats.xlsx import parsed_sheets
from shopdata.excel.xml.namespaces import without_prefix
from shopdata.excel.xml.strings import UnsupportedXmlError

X = 'xmlns:x="urn:of-somebody-else"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x"'
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
HEADER = header_row(names=("SKU", "可用库存", "日期"))
#: 2026-03-01 in a workbook that counts from 1904.
DAY = '<c r="C2" s="1"><v>44620</v></c>'
ROW = f'<row r="2">{inline("A2", "1")}<c r="B2"><v>5</v></c>{DAY}</row>'
FOREIGN_ROW = '<x:row r="9"><x:c r="A9"><x:v>9</x:v></x:c></x:row>'
DEFAULT_ROW = '<row xmlns="urn:of-somebody-else" r="9"><c r="A9"><v>9</v></c></row>'


def sheet(rows: str, *, before: str = "", after: str = "") -> str:
    return f"<?xml version='1.0'?><worksheet {MAIN} {X} {MC}>{before}<sheetData>{HEADER}{rows}</sheetData>{after}</worksheet>"


def workbook(
    before: str = "", properties: str = '<workbookPr date1904="1"/>', after: str = "", sheets: str = ""
) -> str:
    listed = sheets or '<sheet name="S1" sheetId="1" r:id="r1" x:id="r9"/>'
    return (
        f'<workbook {MAIN} {X} {MC} xmlns:r="{LINKS}">{before}{properties}<sheets>{listed}</sheets>{after}</workbook>'
    )


def styles(numbers: str = "", after: str = "", more: str = "") -> str:
    return (
        f'<styleSheet {MAIN} {X}><numFmts><numFmt numFmtId="200" formatCode="yyyy-mm-dd"/>{numbers}</numFmts>'
        f'<cellXfs><xf numFmtId="0"/>{more}<xf numFmtId="200"/></cellXfs>{after}</styleSheet>'
    )


BOOK, STYLES, STRINGS, LIST = "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"
PLAIN = {BOOK: workbook()}
RELATED = (
    '<x:Relationships xmlns:x="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<x:Relationship Id="r1" Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<y:Relationship xmlns:y="urn:y" Id="r1" Type="{LINKS}/worksheet" Target="worksheets/none.xml"/>'
    f'<x:Relationship Id="t" Type="{LINKS}/styles" Target="styles.xml"/></x:Relationships>'
)
EXTENSION = "<extLst><ext>{}</ext></extLst>"

CASES = [
    pytest.param(ROW, {BOOK: workbook(after=EXTENSION.format("<x:workbookPr/>"))}, id="workbookPr-behind"),
    pytest.param(ROW, {BOOK: workbook(before='<x:workbookPr date1904="0"/>')}, id="workbookPr-before"),
    pytest.param(ROW, {BOOK: workbook(after=EXTENSION.format('<workbookPr xmlns="urn:x" date1904="0"/>'))}, id="workbookPr-of-another-default"),
    pytest.param(ROW, {BOOK: workbook(after=EXTENSION.format('<workbookPr date1904="0"/>'))}, id="workbookPr-of-ours-in-an-extension"),
    pytest.param(ROW, {BOOK: workbook(after=EXTENSION.format('<x:sheets><x:sheet name="Z" r:id="none"/></x:sheets>'))}, id="sheet-in-an-extension"),
    pytest.param(ROW, {BOOK: workbook(sheets='<x:sheet name="Z" r:id="none"/><sheet name="S1" sheetId="1" x:id="none" r:id="r1"/>')}, id="sheet-in-the-list"),
    pytest.param(ROW, {BOOK: workbook(properties='<mc:AlternateContent><mc:Choice Requires="x"><workbookPr date1904="0"/></mc:Choice><mc:Fallback><workbookPr date1904="1"/></mc:Fallback></mc:AlternateContent>')}, id="workbookPr-in-a-fallback"),
    pytest.param(ROW, {BOOK: workbook(properties='<mc:AlternateContent><mc:Choice Requires="x"><workbookPr date1904="0"/></mc:Choice></mc:AlternateContent><workbookPr date1904="true"/>')}, id="workbookPr-in-a-choice"),
    pytest.param(ROW, PLAIN | {STYLES: styles(numbers='<x:numFmt numFmtId="200" formatCode="0.00"/>')}, id="numFmt"),
    pytest.param(ROW, PLAIN | {STYLES: styles(more='<x:xf numFmtId="0"/>')}, id="xf"),
    pytest.param(ROW, PLAIN | {STYLES: styles(after='<x:cellXfs><x:xf numFmtId="0"/></x:cellXfs>')}, id="cellXfs"),
    pytest.param(ROW, PLAIN | {STYLES: styles(after=EXTENSION.format('<x:numFmts><x:numFmt numFmtId="200" formatCode="0"/></x:numFmts>'))}, id="numFmts-in-an-extension"),
    pytest.param(ROW, PLAIN | {LIST: RELATED}, id="relationships-with-a-prefix"),
    pytest.param(FOREIGN_ROW + ROW, PLAIN, id="row"),
    pytest.param(DEFAULT_ROW + ROW, PLAIN, id="row-of-another-default"),
    pytest.param(ROW.replace(DAY, f'<x:c r="C2"><x:v>7</x:v></x:c>{DAY}'), PLAIN, id="cell"),
    pytest.param(ROW.replace(DAY, f'<c r="C2" xmlns="urn:x"><v>7</v></c>{DAY}'), PLAIN, id="cell-of-another-default"),
    pytest.param(ROW.replace("<v>44620", "<x:v>7</x:v><v>44620"), PLAIN, id="value"),
    pytest.param(ROW.replace("<v>44620", '<v xmlns="urn:x">7</v><v>44620'), PLAIN, id="value-of-another-default"),
    pytest.param(ROW.replace("</c></row>", f"{EXTENSION.format('<x:v>7</x:v><x:c><x:v>7</x:v></x:c>')}</c></row>"), PLAIN, id="value-in-an-extension"),
    pytest.param(ROW.replace("<t ", "<x:t>no</x:t><t "), PLAIN, id="inline-text"),
    pytest.param(ROW.replace(">1<", '>1</t><t xmlns="urn:x">2<'), PLAIN, id="inline-text-of-another-default"),
    pytest.param(ROW.replace(' t="inlineStr"', ' x:t="n" t="inlineStr" x:s="9"'), PLAIN, id="attributes"),
    pytest.param(ROW.replace('<row r="2"', '<row x:r="1" r="2"'), PLAIN, id="attribute-of-a-row"),
    pytest.param(sheet(ROW, before=f"<x:sheetData>{FOREIGN_ROW}</x:sheetData>"), PLAIN, id="sheetData-before"),
    pytest.param(sheet(ROW, before=f'<sheetPr><sheetData xmlns="urn:x">{DEFAULT_ROW}</sheetData></sheetPr>'), PLAIN, id="sheetData-of-another-default-before"),
    pytest.param(sheet(ROW, before='<mc:AlternateContent><mc:Choice Requires="x"><sheetData><row r="8"><c r="A8"><v>8</v></c></row></sheetData></mc:Choice></mc:AlternateContent>'), PLAIN, id="sheetData-in-a-choice"),
    pytest.param(sheet(ROW, after=EXTENSION.format(f"<x:sheetData>{FOREIGN_ROW}</x:sheetData>")), PLAIN, id="row-in-an-extension"),
    pytest.param(sheet(ROW, after=EXTENSION.format('<row r="9"><c r="A9"><v>9</v></c></row>')), PLAIN, id="row-of-ours-in-an-extension"),
    pytest.param(f'<mc:AlternateContent {MC} {X}><mc:Choice Requires="x"><row r="2"><c r="A2"><v>9</v></c></row></mc:Choice><mc:Fallback>{ROW}</mc:Fallback></mc:AlternateContent>', PLAIN, id="row-in-a-fallback"),
    pytest.param(ROW.replace(DAY, f'<mc:AlternateContent {MC} {X}><mc:Choice Requires="x"><c r="C2"><v>9</v></c></mc:Choice><mc:Fallback>{DAY}</mc:Fallback></mc:AlternateContent>'), PLAIN, id="cell-in-a-fallback"),
]  # fmt: skip


def read_both(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str | None, ...]]:
    """SKU, 可用库存 and 日期 of all rows; both readers must agree."""
    quick = rows_of(read_table(path, DATASET))
    monkeypatch.setattr("shopdata.excel.reading.fast_sheets", parsed_sheets)
    assert rows_of(read_table(path, DATASET)) == quick
    return [(row[0], row[2], row[4]) for row in quick]


@pytest.mark.parametrize(("rows", "members"), CASES)
def test_elements_of_other_namespaces_are_none_of_ours(
    tmp_path: Path, rows: str, members: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = rows if rows.startswith("<?xml") else sheet(rows)
    path = write_by_hand(tmp_path / "a.xlsx", whole, formats=("yyyy-mm-dd",), members=members)
    assert read_both(path, monkeypatch) == [("1", "5", "2026-03-01")]


STRING_CASES = [
    pytest.param("<x:si><x:t>no</x:t></x:si>{}", id="si"),
    pytest.param('<si xmlns="urn:x"><t>no</t></si>{}', id="si-of-another-default"),
    pytest.param("{}<extLst><ext><x:si><x:t>no</x:t></x:si><si><t>no</t></si></ext></extLst>", id="si-in-an-extension"),
    pytest.param("<x:extLst><si><t>no</t></si></x:extLst>{}", id="si-in-something-else"),
]
TEXTS = [
    pytest.param("<si><t>7</t></si>", id="plain"),
    pytest.param("<si><x:t>no</x:t><t>7</t></si>", id="t"),
    pytest.param('<si><t>7</t><t xmlns="urn:x">no</t></si>', id="t-of-another-default"),
    pytest.param("<si><r><x:t>no</x:t><t>7</t></r><x:r><t>no</t></x:r></si>", id="run"),
    pytest.param('<si><r xmlns="urn:x"><t>no</t></r><r><t>7</t></r></si>', id="run-of-another-default"),
    pytest.param("<si><m:t>7</m:t></si>", id="t-with-a-prefix"),
    pytest.param("<si><r><m:t>7</m:t></r></si>", id="t-with-a-prefix-in-a-run"),
]


@pytest.mark.parametrize("around", STRING_CASES)
@pytest.mark.parametrize("item", TEXTS)
def test_shared_strings_are_those_of_the_part(
    tmp_path: Path, around: str, item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    strings = f"<sst {MAIN} {X} {MAIN.replace('xmlns', 'xmlns:m')}>{around.format(item)}</sst>"
    row = '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2"><v>5</v></c></row>'
    path = write_by_hand(tmp_path / "a.xlsx", sheet(row), strings="", members={STRINGS: strings})
    assert read_both(path, monkeypatch) == [("7", "5", None)]


@pytest.mark.parametrize("prefix", ["", "s"])
@pytest.mark.parametrize("space", [STRICT, MAIN[7:-1]], ids=["strict", "usual"])
def test_a_namespace_needs_no_certain_prefix(
    tmp_path: Path, prefix: str, space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(xml: str) -> str:
        """The part in this namespace, under this prefix."""
        xml = xml.replace(MAIN, f'xmlns:{prefix}="{space}"' if prefix else f'xmlns="{space}"')
        if space == STRICT:
            xml = xml.replace(LINKS, "http://purl.oclc.org/ooxml/officeDocument/relationships")
        if not prefix:
            return xml
        for name in ("workbook", "workbookPr", "sheets", "sheet", "styleSheet", "numFmts", "numFmt", "cellXfs", "xf",
                     "worksheet", "sheetData", "row", "c", "v", "is", "t", "sst", "si"):  # fmt: skip
            for end in (" ", ">", "/>"):
                xml = xml.replace(f"<{name}{end}", f"<{prefix}:{name}{end}").replace(
                    f"</{name}>", f"</{prefix}:{name}>"
                )
        return xml

    row = ROW.replace(inline("A2", "1"), '<c r="A2" t="s"><v>0</v></c>')
    members = {
        BOOK: written(workbook()),
        STYLES: written(styles()),
        STRINGS: written(f"<sst {MAIN}><si><t>1</t></si></sst>"),
        "xl/worksheets/sheet1.xml": written(sheet(row)),
    }
    path = write_by_hand(tmp_path / "a.xlsx", row, strings="", formats=("yyyy-mm-dd",), members=members)
    with monkeypatch.context() as patch:
        told = "a sheet whose names have a prefix was read slowly"
        patch.setattr("shopdata.excel.reading.parsed_sheets", lambda *_: pytest.fail(told))
        read_table(path, DATASET)
    assert read_both(path, monkeypatch) == [("1", "5", "2026-03-01")]


@pytest.mark.parametrize("piece_bytes", [1, 7, 64, 100_000])
def test_a_prefix_is_taken_off_wherever_the_pieces_end(piece_bytes: int) -> None:
    xml = f'<?xml version="1.0"?>\n<x:worksheet {MAIN.replace("xmlns", "xmlns:x")}><x:sheetData>'
    xml += '<x:row r="1"><x:c r="A1"><x:v>5</x:v></x:c><y:c xmlns:y="urn:y"/></x:row></x:sheetData></x:worksheet>\n'
    whole = xml.encode()
    pieces = [whole[:150], *(whole[place : place + piece_bytes] for place in range(150, len(whole), piece_bytes))]
    assert b"".join(without_prefix(pieces, b"worksheet")) == whole.replace(b"<x:", b"<").replace(b"</x:", b"</")
    assert b"".join(without_prefix(pieces, b"sst")) == whole


@pytest.mark.parametrize("element", ["<row/>", "<c r='A1'>", "<v>", "</row>"])
def test_an_element_without_the_prefix_of_its_part_is_odd(element: str) -> None:
    xml = f"<x:worksheet {MAIN.replace('xmlns', 'xmlns:x')}><x:sheetData>{element}</x:sheetData></x:worksheet>"
    with pytest.raises(UnsupportedXmlError):
        b"".join(without_prefix([xml.encode()], b"worksheet"))


@pytest.mark.parametrize(
    ("xml", "found"),
    [
        pytest.param('<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells></worksheet>', 1, id="ours"),
        pytest.param('<s:mergeCells><s:mergeCell ref="A2:A3"/></s:mergeCells></s:worksheet>\n', 1, id="with-a-prefix"),
        pytest.param('<x:mergeCells><x:mergeCell ref="A2:A3"/></x:mergeCells></worksheet>', 0, id="of-somebody-else"),
        pytest.param('<mergeCell xmlns="urn:x" ref="A2:A3"/></worksheet>', 0, id="of-another-default"),
        pytest.param(EXTENSION.format('<mergeCell ref="A2:A3"/>') + "</worksheet>", 0, id="in-an-extension"),
    ],
)
def test_merged_cells_are_those_of_the_worksheet(xml: str, found: int) -> None:
    assert len(read_merges(xml.encode())) == found
