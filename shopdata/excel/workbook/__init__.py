"""The merged workbook, written from tables: `piece` makes rows in any process, `writer` puts them in a row."""

from shopdata.excel.workbook.writer import DATA_SHEET, MAX_DATA_ROWS, NOTES_SHEET, WorkbookWriter, sheet_names

__all__ = ["DATA_SHEET", "MAX_DATA_ROWS", "NOTES_SHEET", "WorkbookWriter", "sheet_names"]
