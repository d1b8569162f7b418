"""Readers that are not ours, and what they have to find: every cell that the sandbox knows it sent."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb
import duckdb_extension_httpfs
import openpyxl
import pyarrow.dataset
import pyarrow.fs
from python_calamine import CalamineWorkbook
from shipped_config import load_shipped_config

from sandbox import Sandbox, SandboxShop
from shopdata import config

Cell = str | int | float | None

CONTRACT = load_shipped_config().dataset("jd_store")

#: The published columns where no shop sent one more.
COLUMNS = ["shop", *CONTRACT.columns]


def sent(
    sandbox: Sandbox, day: date, shops: Iterable[SandboxShop] | None = None, *, dataset: str = "jd_store"
) -> list[list[Cell]]:
    """All rows as the portal sent them, the display name first, in the order of shops.yaml and of the contract."""
    contract = CONTRACT if dataset == "jd_store" else load_shipped_config().dataset(dataset)
    rows: list[list[Cell]] = []
    for shop in (shop for shop in sandbox.shops if shop.platform == "jd") if shops is None else shops:
        truth = sandbox.truth(shop.id, day, dataset=dataset)
        places = [truth.header.index(name) for name in contract.columns]
        rows += [[shop.name, *(_or_none(row[place], contract) for place in places)] for row in truth.rows]
    return rows


def _or_none(cell: Cell, contract: config.Dataset) -> Cell:
    return None if cell in contract.null_texts else cell


def as_parquet(rows: list[list[Cell]]) -> list[list[str | None]]:
    """Text everywhere, nothing for nothing."""
    return [[None if cell is None else str(cell) for cell in row] for row in rows]


def as_workbook(rows: list[list[Cell]]) -> list[list[Cell]]:
    """Identifiers are text, numbers stay numbers."""
    ids = {COLUMNS.index(name) for name in CONTRACT.ids}
    return [
        [str(cell) if place in ids and cell is not None else cell for place, cell in enumerate(row)] for row in rows
    ]


def read_by_pyarrow(
    store: config.ObjectStoreSettings, day: date, dataset: str = "jd_store"
) -> tuple[list[str], list[list[str | None]]]:
    """Header and rows of a day out of the S3 data set; fails unless every column is text."""
    files = pyarrow.fs.S3FileSystem(
        endpoint_override=store.endpoint,
        scheme="http",
        region="us-east-1",
        access_key=store.access_key,
        secret_key=store.secret_key.get_secret_value(),
    )
    found = pyarrow.dataset.dataset(f"{store.bucket}/ods/jd/{dataset}", filesystem=files, partitioning="hive")
    table = found.to_table(filter=pyarrow.dataset.field("dt") == day.isoformat()).drop_columns("dt")
    assert set(table.schema.types) == {pyarrow.string()}
    return table.column_names, [list(row.values()) for row in table.to_pylist()]


def read_by_duckdb(store: config.ObjectStoreSettings, day: date) -> tuple[list[str], list[list[str | None]]]:
    """The same by DuckDB, over its own HTTP client."""
    extension = Path(duckdb_extension_httpfs.__path__[0], "extensions", f"v{duckdb.__version__}")
    with duckdb.connect(config={"allow_unsigned_extensions": "false"}) as database:
        database.execute(f"LOAD '{extension / 'httpfs.duckdb_extension'}'")
        database.execute(
            f"""CREATE SECRET (TYPE s3, KEY_ID '{store.access_key}', SECRET '{store.secret_key.get_secret_value()}',
                ENDPOINT '{store.endpoint}', URL_STYLE 'path', USE_SSL false)"""
        )
        found = database.execute(
            f"""SELECT * EXCLUDE (dt) FROM read_parquet('s3://{store.bucket}/ods/jd/jd_store/*/*.parquet',
                hive_partitioning = true) WHERE dt = '{day}'"""
        )
        return [column[0] for column in found.description], [list(row) for row in found.fetchall()]


def read_by_openpyxl(content: bytes) -> tuple[list[Cell], list[list[Cell]]]:
    """Header and rows of the first sheet; fails if a cell is a formula, or the header moves away."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert sheet.freeze_panes == "A2"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    header, *rows = ([cell.value for cell in row] for row in sheet.iter_rows())
    return header, rows


def read_by_calamine(content: bytes) -> tuple[list[Cell], list[list[Cell]]]:
    """The same by calamine, for which a blank cell is an empty text."""
    found = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    header, *rows = ([None if cell == "" else cell for cell in row] for row in found)
    return header, rows
