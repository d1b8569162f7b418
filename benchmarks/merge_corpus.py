"""The workbooks that the merge is measured with: seeded, and much like what portals send."""

# ruff: noqa: DTZ001 - a cell has no time zone

from __future__ import annotations

import datetime as dt
import random
import shutil
from pathlib import Path

#: So many files of a corpus differ; the rest are copies. Making them all would take longer than the measurement.
DISTINCT = 3


def make_file(path: Path, rows: int, columns: int, seed: int, *, inline: bool) -> None:
    """A report as portals send it: long ids, codes with zeros, titles that come again, numbers, dates, percentages."""
    import xlsxwriter

    rng = random.Random(seed)
    book = xlsxwriter.Workbook(str(path), {"constant_memory": inline, "strings_to_formulas": False})
    sheet = book.add_worksheet("明细")
    moment, day, percent = (
        book.add_format({"num_format": code}) for code in ("yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd", "0.00%")
    )
    titles = [
        f"{rng.choice('回力飞跃双星人本')}经典款运动鞋男女同款{rng.randrange(10**6)}号 & 正品"
        for _ in range(max(rows // 8, 1))
    ]
    sheet.write_row(0, 0, [f"列{number}" for number in range(columns)])
    for row in range(1, rows + 1):
        for column in range(columns):
            match column % 25:
                case 0:
                    sheet.write_string(row, column, str(10**18 + rng.randrange(10**17)))
                case 1:
                    sheet.write_string(row, column, rng.choice(titles))
                case 2:
                    sheet.write_number(row, column, rng.randrange(10**11, 10**12))
                case 3:
                    sheet.write_string(row, column, f"{rng.randrange(10**5):08d}")
                case 4:
                    ordered = dt.datetime(2026, 1, 1) + dt.timedelta(seconds=rng.randrange(300 * 86_400))
                    sheet.write_datetime(row, column, ordered, moment)
                case 5:
                    sheet.write_string(row, column, "2026-03-01")
                case 6:
                    sheet.write_number(row, column, rng.randrange(10**4) / 10**4, percent)
                case 7:
                    sheet.write_string(row, column, f"{rng.randrange(10**4) / 100}%")
                case 8 if rng.random() < 0.1:
                    sheet.write_string(row, column, "-")
                case 9:
                    sheet.write_boolean(row, column, rng.random() < 0.5)
                case 10 | 11:
                    pass
                case 12 if rng.random() < 0.9:
                    pass
                case 13 | 14 | 15:
                    sheet.write_string(row, column, rng.choice(("华北", "华东", "华南", "西南", "东北")))
                case 16:
                    paid = dt.datetime(2026, 1, 1) + dt.timedelta(days=rng.randrange(300))
                    sheet.write_datetime(row, column, paid, day)
                case 17 | 18:
                    sheet.write_number(row, column, round(rng.random() * 1000, 2))
                case _:
                    sheet.write_number(row, column, rng.randrange(5000))
    book.close()


def make_corpus(folder: Path, name: str, *, inline: bool) -> list[Path]:
    """All files of a corpus."""
    files, rows, columns = (int(part) for part in name.split("x"))
    folder.mkdir(parents=True)
    made: list[Path] = []
    for number in range(files):
        path = folder / f"shop{number:03d}.xlsx"
        if number < DISTINCT:
            make_file(path, rows, columns, number, inline=inline)
        else:
            shutil.copyfile(made[number % DISTINCT], path)
        made.append(path)
    return made
