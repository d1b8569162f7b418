"""The workbook that a list of shops begins with: names of columns, an example, lists to choose from, notes."""

from __future__ import annotations

from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from shopdata.config import Config, platforms
from shopdata.shops.fields import FIELDS, REQUIRED, field_title
from shopdata.wording import Texts

#: Rows below the header in which cells are texts and offer their lists.
_ROWS = 2_000
_WIDTHS = {"name": 28, "username": 22, "password": 22, "datasets": 26, "portal_name": 22, "portal_shop": 22}


def template(t: Texts, config: Config) -> bytes:
    """The bytes of an .xlsx, its words in the language of `t`."""
    workbook = Workbook()
    sheet: Worksheet = workbook.active
    sheet.title = t("shop_sheet.shops")
    notes = workbook.create_sheet(t("shop_sheet.help"))
    _fill_notes(t, config, notes)
    for number, field in enumerate(FIELDS, 1):
        letters = get_column_letter(number)
        head = sheet.cell(1, number, field_title(t, field))
        head.font = Font(bold=True, color="FFB00020" if field in REQUIRED else None)
        head.fill = PatternFill("solid", fgColor="FFEAEFF5")
        sheet.column_dimensions[letters].width = _WIDTHS.get(field, 14)
        for row in range(2, _ROWS + 2):
            # As text, or Excel makes numbers and dates of what is typed.
            sheet.cell(row, number).number_format = "@"
        sheet.cell(2, number, _example(t, config).get(field))
    sheet.freeze_panes = "A2"
    titles = [platform.title(t.code) for platform in platforms().values()]
    flags = [t("shop_flag.yes"), t("shop_flag.no")]
    # A list of Excel's own has 255 characters and no commas in its words: it stands on the notes.
    _offer(sheet, "platform", _put_list(notes, 5, titles))
    _offer(sheet, "enabled", _put_list(notes, 6, flags))
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


def _example(t: Texts, config: Config) -> dict[str, str]:
    platform = next(iter(platforms().values()))
    dataset = next(
        (name for name, one in config.datasets.items() if one.platform == platform.name and not one.only_where_named),
        "",
    )
    return {
        "name": t("shop_example.name"),
        "platform": platform.title(t.code),
        "username": "13800138000",
        "password": "00123456",
        "id": "flagship-01",
        "datasets": dataset,
        "owner": t("shop_example.owner"),
        "group": "north",
        "since": "2026-03-01",
        "enabled": t("shop_flag.yes"),
    }


def _fill_notes(t: Texts, config: Config, notes: Worksheet) -> None:
    notes.column_dimensions["A"].width, notes.column_dimensions["B"].width = 18, 90
    notes.append([t("shop_help.about")])
    notes["A1"].font = Font(bold=True)
    notes.append([])
    for field in FIELDS:
        notes.append([field_title(t, field), t(f"shop_help.{field}")])
        notes.cell(notes.max_row, 2).alignment = Alignment(wrap_text=True, vertical="top")
    notes.append([])
    notes.append([t("shop_help.values")])
    for name, dataset in config.datasets.items():
        notes.append([name, dataset.title])


def _put_list(notes: Worksheet, column: int, words: list[str]) -> str:
    """Writes the words one below the other; the range that they are in, as a formula."""
    letters = get_column_letter(column)
    notes.column_dimensions[letters].hidden = True
    for row, word in enumerate(words, 1):
        notes.cell(row, column, word)
    return f"{quote_sheetname(notes.title)}!${letters}$1:${letters}${len(words)}"


def _offer(sheet: Worksheet, field: str, words: str) -> None:
    letters = get_column_letter(FIELDS.index(field) + 1)
    validation = DataValidation(type="list", formula1=words, allow_blank=True, showErrorMessage=True)
    validation.add(f"{letters}2:{letters}{_ROWS + 1}")
    sheet.add_data_validation(validation)
