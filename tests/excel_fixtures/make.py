"""Makes the binary fixtures of this folder anew: `python make.py`, with LibreOffice, xlwt and
msoffcrypto-tool installed.

LibreOffice makes `libreoffice.xlsx`, `.xls` (BIFF8), `.ods`, `.html` and the CSV files, xlwt makes
`xlwt.xls`, msoffcrypto-tool `password.xlsx`. They are kept in the repository, because tests must run without these
programs; what they hold is `VALUES` in `foreign.py`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[2])]

CONVERSIONS = {
    "libreoffice.xlsx": "xlsx:Calc MS Excel 2007 XML",
    "libreoffice.xls": "xls:MS Excel 97",
    "libreoffice.html": "html:HTML (StarCalc)",
    "libreoffice.ods": "ods:calc8",
    # Field separator, quote, encoding (76 UTF-8, 85 GB18030, 65535 UTF-16), first line, formats, ..., as shown
    "utf8.csv": "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false",
    "gb18030.csv": "csv:Text - txt - csv (StarCalc):44,34,85,1,,0,false,true,false",
    "utf16-tab.csv": "csv:Text - txt - csv (StarCalc):9,34,65535,1,,0,false,true,false",
}


def main() -> None:
    """Writes all files beside this one."""
    import foreign
    import xlwt
    from msoffcrypto.format.ooxml import OOXMLFile

    with tempfile.TemporaryDirectory() as folder:
        source = foreign.write_openpyxl(Path(folder, "source.xlsx"))
        for name, target in CONVERSIONS.items():
            command = ["soffice", "--headless", "--convert-to", target, "--outdir", f"{folder}/out", str(source)]
            subprocess.run(command, check=True, capture_output=True)
            made = next(Path(folder, "out").iterdir())
            shutil.move(made, HERE / name)
        with source.open("rb") as plain, (HERE / "password.xlsx").open("wb") as encrypted:
            OOXMLFile(plain).encrypt("secret", encrypted)
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sheet0")
    styles = {name: xlwt.easyxf(num_format_str=code) for name, code in foreign.FORMATS.items()}
    for number, row in enumerate([foreign.HEADER, *foreign.VALUES]):
        for place, (name, value) in enumerate(zip(foreign.HEADER, row, strict=True)):
            if value is not None:
                sheet.write(
                    number,
                    place,
                    value,
                    styles.get(name, xlwt.Style.default_style) if number else xlwt.Style.default_style,
                )
    book.save(str(HERE / "xlwt.xls"))


if __name__ == "__main__":
    main()
