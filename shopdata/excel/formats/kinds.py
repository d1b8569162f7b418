"""What kind of file lies there, by its content and never by its name; what is no table of ours, `foreign` names."""

from __future__ import annotations

import codecs
import re
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import olefile

from shopdata.excel.containers.zip_package import part_key
from shopdata.excel.formats.foreign import LOOK, SAVE_ANEW, UNKNOWN, FileKind, by_magic

_HEAD_BYTES = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Workbooks of Excel 2 to 5 without a container around them begin with their first record.
_BARE_BIFF = (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08")
_ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_OLD_ODS_TYPE = b"application/vnd.sun.xml.calc"

XLSX = FileKind("xlsx", "a workbook", reader="xlsx")
XLS = FileKind("xls", "an old workbook (.xls)", reader="xls")
ENCRYPTED = FileKind("xlsx", "a workbook under a password", reader="encrypted")
XLSB = FileKind("xlsb", "a binary workbook (.xlsb)", reader="xlsb")
ODS = FileKind("ods", "an OpenDocument spreadsheet (.ods)", reader="ods")
FODS = FileKind("fods", "an OpenDocument spreadsheet in one piece (.fods)", reader="fods")
XML_2003 = FileKind("xml", "a workbook of Excel 2003 (XML)", reader="xml2003")
#: What may hold a table, and no text.
WORKBOOKS = (XLSX, ENCRYPTED, XLS, XLSB, ODS, FODS, XML_2003)
ZIP = FileKind("zip", "a zip", reader="zip")
JSON = FileKind("json", "JSON", reader="json", remedy=LOOK)
HTML = FileKind("html", "a web page", reader="html")
TEXT = FileKind("csv", "a text", reader="csv")

#: A member of a zip (in lower case) that only this kind has.
_IN_ZIP = (
    ("word/document.xml", FileKind("docx", "a Word document (.docx)", remedy=LOOK)),
    ("ppt/presentation.xml", FileKind("pptx", "a PowerPoint presentation (.pptx)", remedy=LOOK)),
    ("visio/document.xml", FileKind("vsdx", "a Visio drawing", remedy=LOOK)),
    ("index/document.iwa", FileKind("numbers", "a document of Numbers, Pages or Keynote", remedy=SAVE_ANEW)),
    ("index.zip", FileKind("numbers", "a document of Numbers, Pages or Keynote", remedy=SAVE_ANEW)),
    ("meta-inf/container.xml", FileKind("epub", "an e-book", remedy=LOOK)),
    ("androidmanifest.xml", FileKind("apk", "an app for Android", remedy=LOOK)),
    ("meta-inf/manifest.mf", FileKind("jar", "a program (.jar)", remedy=LOOK)),
)
#: A stream of an OLE container that only this kind has.
_IN_OLE = (
    ("WordDocument", FileKind("doc", "a Word document (.doc)", remedy=LOOK)),
    ("PowerPoint Document", FileKind("ppt", "a PowerPoint presentation (.ppt)", remedy=LOOK)),
    ("VisioDocument", FileKind("vsd", "a Visio drawing", remedy=LOOK)),
    ("__properties_version1.0", FileKind("msg", "a message of Outlook", remedy=LOOK)),
    ("WksSSWorkBook", FileKind("xlr", "a Works spreadsheet", remedy=SAVE_ANEW)),
    ("NativeContent_MAIN", FileKind("qpw", "a Quattro Pro notebook", remedy=SAVE_ANEW)),
)
#: The outermost element of XML, without its prefix.
_XML_ROOTS = {
    "svg": FileKind("svg", "a picture (SVG)", remedy=LOOK),
    "workbook": FileKind("gnumeric", "a Gnumeric spreadsheet", remedy=SAVE_ANEW),
    "worddocument": FileKind("doc", "a Word document (XML)", remedy=LOOK),
    "plist": FileKind("plist", "a property list of macOS", remedy=LOOK),
}
_EXCEL_2003 = "urn:schemas-microsoft-com:office:spreadsheet"
_ROOT = re.compile(r"<(?:[\w.-]+:)?([a-z][\w.-]*)")
#: `{` and `[` begin JSON if what follows can; a column may well be called [SKU].
_JSON = re.compile(r"\{|\[\s*(?:[\[{\"'\d-]|\]|true|false|null|$)")


def sniff(path: Path) -> str:
    """The extension that fits a file's content: xlsx, xlsb, xls, ods, zip, html, json, xml, csv, one of a format that
    is no table here (pdf, doc, rar ...), or bin if nobody knows it."""
    return kind_of(path).ext


def kind_of(path: Path) -> FileKind:
    """What a file is by its content. Raises OSError if it can't be read."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _kind_of_zip(path)
    if head.startswith(_OLE):
        return _kind_of_ole(path)
    if head[:2] in _BARE_BIFF:
        return XLS
    if (foreign := by_magic(head)) is not None:
        return foreign
    text = _as_text(head)
    if text is None or not text.strip():
        return UNKNOWN
    start = text.lstrip("\ufeff \t\r\n").lower()
    if _JSON.match(start):
        return JSON
    return _kind_of_markup(start) if start.startswith("<") else TEXT


def _kind_of_zip(path: Path) -> FileKind:
    try:
        with zipfile.ZipFile(path) as package:
            names = {part_key(name) for name in package.namelist()}
            mimetype = b""
            if "mimetype" in package.namelist():
                with package.open("mimetype") as member:  # however large it says to be
                    mimetype = member.read(200)
    # NotImplementedError: zipfile's, for a compression that it does not know.
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        return ZIP
    if mimetype.startswith(_ODS_TYPE):
        return ODS
    if mimetype.startswith(_OLD_ODS_TYPE):
        return FileKind("sxc", "a spreadsheet of OpenOffice 1 (.sxc)", remedy=SAVE_ANEW)
    if mimetype.startswith((b"application/vnd.oasis.", b"application/vnd.sun.xml.")):
        return FileKind("odt", "an OpenDocument file that is no spreadsheet", remedy=LOOK)
    if "xl/workbook.bin" in names:
        return XLSB
    if "xl/workbook.xml" in names:
        return XLSX
    foreign = next((kind for member, kind in _IN_ZIP if member in names), None)
    if foreign is not None:
        return foreign
    return XLSX if "[content_types].xml" in names else ZIP


def _kind_of_ole(path: Path) -> FileKind:
    # What its directory can't tell, the reader of workbooks says better.
    with suppress(Exception), olefile.OleFileIO(path) as container:
        if container.exists("EncryptedPackage"):
            return ENCRYPTED
        if not (container.exists("Workbook") or container.exists("Book")):
            return next((kind for stream, kind in _IN_OLE if container.exists(stream)), XLS)
    return XLS


def _kind_of_markup(start: str) -> FileKind:
    if _EXCEL_2003 in start and "<html" not in start:
        return XML_2003
    if re.search(r"<(?:!doctype html|html|table|body|head|div|meta)[\s/>]", start):
        return HTML
    if "opendocument:xmlns:office" in start:
        mimetype = re.search(r'office:mimetype="([^"]+)"', start)  # it may stand further behind
        if mimetype is None or "spreadsheet" in mimetype[1]:
            return FODS
        return FileKind("fodt", "an OpenDocument file that is no spreadsheet", remedy=LOOK)
    root = _ROOT.search(re.sub(r"<\?.*?\?>|<!--.*?-->", "", start, flags=re.DOTALL))
    name = root[1] if root else ""
    return _XML_ROOTS.get(name) or FileKind("xml", f"XML whose first element is <{name[:40]}>", remedy=LOOK)


def _as_text(head: bytes) -> str | None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head[: len(head) & ~1].decode("utf-16", "replace")
    return None if b"\0" in head else head.decode("utf-8", "replace")
