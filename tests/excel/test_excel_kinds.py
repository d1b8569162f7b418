"""What kind of file it is: known formats that are no table here are named, whatever they are called."""

# ruff: noqa: E501 - one case, one line

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from shopdata.excel import read_table, sniff
from shopdata.exceptions import RejectedFileError

#: A PDF as such: text line by line, until a stream begins.
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog, /Pages 2 0 R >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
SYLK = b'ID;PWXL;N;E\r\nP;PGeneral\r\nF;P0;DG0G8;M255\r\nB;Y2;X2;D0 0 1 1\r\nC;Y1;X1;K"SKU"\r\nC;X2;K"\xbf\xe2\xb4\xe6"\r\nC;Y2;X1;K"1"\r\nC;X2;K5\r\nE\r\n'
DIF = b'TABLE\r\n0,1\r\n"EXCEL"\r\nVECTORS\r\n0,2\r\n""\r\nTUPLES\r\n0,1\r\n""\r\nDATA\r\n0,0\r\n""\r\n-1,0\r\nBOT\r\n1,0\r\n"SKU"\r\n'
MHT = b'MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\nContent-Type: multipart/related; boundary="--x"\r\n\r\n----x\r\n<table><tr><td>SKU</td></tr></table>'
MAIL = (
    b"From: <Saved by Blink>\r\nSubject: =?utf-8?Q?x?=\r\n =?utf-8?Q?y?=\r\nMIME-Version: 1.0\r\n\r\nSKU,a\r\n1,2\r\n"
)
DBF = (
    bytes([3, 126, 3, 1])
    + struct.pack("<IHH", 1, 65, 11)
    + bytes(20)
    + b"SKU".ljust(11, b"\0")
    + b"C"
    + bytes(20)
    + b"\r 1234567890\x1a"
)
FODT = b'<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:mimetype="application/vnd.oasis.opendocument.text"/>'
GNUMERIC = b'<?xml version="1.0"?><gnm:Workbook xmlns:gnm="http://www.gnumeric.org/v10.dtd"/>'

CASES = [
    pytest.param(PDF, "a PDF document", id="pdf"),
    pytest.param(b"\r\n\r\n" + PDF, "a PDF document", id="pdf-behind-blank-lines"),
    pytest.param(b"%!PS-Adobe-3.0\n%%Pages: 1, 2\n", "a PostScript document", id="postscript"),
    pytest.param(rb"{\rtf1\ansi SKU, a\par 1, 2}", "an RTF document", id="rtf"),
    pytest.param(SYLK, "a SYLK spreadsheet", id="sylk"),
    pytest.param(SYLK[13:], "a SYLK spreadsheet", id="sylk-without-its-first-line"),
    pytest.param(SYLK.replace(b"\r\n", b"\n"), "a SYLK spreadsheet", id="sylk-of-unix"),
    pytest.param(DIF, "a DIF spreadsheet", id="dif"),
    pytest.param(DIF.replace(b"\r\n", b"\n"), "a DIF spreadsheet", id="dif-of-unix"),
    pytest.param(MHT, "a web archive or an e-mail (MIME)", id="mht-of-excel"),
    pytest.param(MAIL, "a web archive or an e-mail (MIME)", id="mht-of-a-browser"),
    pytest.param(DBF, "a dBase table", id="dbase"),
    pytest.param(b"\0\0\x02\0\x06\x04\x06\0\x08\0", "a Lotus 1-2-3 worksheet", id="lotus"),
    pytest.param(b"SQLite format 3\0\x10\0\x01\x01", "an SQLite database", id="sqlite"),
    pytest.param(b"\0\x01\0\0Standard Jet DB\0\x01", "an Access database", id="access"),
    pytest.param(b"\x1f\x8b\x08\0\0\0\0\0\0\x03", "a gzip archive", id="gzip"),
    pytest.param(b"BZh91AY&SY\x01\x02", "a bzip2 archive", id="bzip2"),
    pytest.param(b"Rar!\x1a\x07\x01\0", "a RAR archive", id="rar"),
    pytest.param(b"7z\xbc\xaf\x27\x1c\0\x04", "a 7-Zip archive", id="7z"),
    pytest.param(b"\xfd7zXZ\0\0\x04", "an xz archive", id="xz"),
    pytest.param(b"a.csv".ljust(257, b"\0") + b"ustar\x0000", "a tar archive", id="tar"),
    pytest.param(b"\xff\xd8\xff\xe0\0\x10JFIF\0", "a picture (JPEG)", id="jpeg"),
    pytest.param(b"GIF89a\x01\0\x01\0", "a picture (GIF)", id="gif"),
    pytest.param(b"BM" + struct.pack("<IHHI", 70, 0, 0, 54) + bytes(60), "a picture (BMP)", id="bmp"),
    pytest.param(b"RIFF\x24\0\0\0WEBPVP8 ", "a picture (WebP)", id="webp"),
    pytest.param(b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M1,2,3"/></svg>', "a picture (SVG)", id="svg"),
    pytest.param(b"PAR1\x15\x04\x15", "a Parquet file", id="parquet"),
    pytest.param(b"MZ\x90\0\x03\0\0\0", "a program", id="program"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n\r\nSKU,a\r\n", "the answer of a web server", id="http"),
    pytest.param(b"-----BEGIN CERTIFICATE-----\nMIIB\n", "a key or a certificate", id="pem"),
    pytest.param(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "a pointer of Git LFS", id="lfs"),
    pytest.param(b'callback({"success":false,"rows":[1,2]})', "JSON in a call of JavaScript", id="jsonp"),
    pytest.param(b'{"success":false,"errorMsg":"x"}', "JSON", id="json"),
    pytest.param(b'[\n  {"SKU": "1"},\n  {"SKU": "2"}\n]', "JSON", id="json-list"),
    pytest.param('{"a":"系统繁忙","b":1}'.encode("gb18030"), "JSON", id="json-gbk"),
    pytest.param(FODT, "an OpenDocument file that is no spreadsheet", id="flat-odt"),
    pytest.param(GNUMERIC, "a Gnumeric spreadsheet", id="gnumeric"),
    pytest.param(b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "XML whose first element is <error>", id="xml-error"),
    pytest.param(b"\x05\x06\x07\0\x01 nothing that anybody knows", "bytes of no known kind", id="unknown"),
    pytest.param(b" \r\n\t ", "bytes of no known kind", id="blanks"),
]  # fmt: skip


@pytest.mark.parametrize("name", ["报表.xls", "报表.csv"])
@pytest.mark.parametrize(("content", "kind"), CASES)
def test_a_foreign_format_is_refused_by_its_name(tmp_path: Path, content: bytes, kind: str, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RejectedFileError) as caught:
        read_table(path, None)
    assert caught.value.what == "the file is no table"
    assert caught.value.found.startswith(kind)
    assert caught.value.todo


@pytest.mark.parametrize(
    ("make", "kind", "ext"),
    [
        pytest.param({"[Content_Types].xml": b"", "word/document.xml": b""}, "a Word document (.docx)", "docx", id="docx"),
        pytest.param({"[Content_Types].xml": b"", "ppt/presentation.xml": b""}, "a PowerPoint presentation", "pptx", id="pptx"),
        pytest.param({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b""}, "an OpenDocument file that is no spreadsheet", "odt", id="odt"),
        pytest.param({"Index/Document.iwa": b""}, "a document of Numbers", "numbers", id="numbers"),
        pytest.param({"META-INF/MANIFEST.MF": b"", "a.class": b""}, "a program (.jar)", "jar", id="jar"),
    ],
)  # fmt: skip
def test_a_zip_that_is_another_document_is_named(tmp_path: Path, make: dict[str, bytes], kind: str, ext: str) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as package:
        for name, content in make.items():
            package.writestr(name, content)
    assert sniff(path) == ext
    with pytest.raises(RejectedFileError) as caught:
        read_table(path, None)
    assert caught.value.found.startswith(kind)


def ole(path: Path, *streams: str) -> Path:
    """An OLE container whose streams are empty: a header, its table of sectors, and a directory."""
    names = ["Root Entry", *streams]
    entries = b""
    for number, name in enumerate(names):
        raw = name.encode("utf-16-le").ljust(64, b"\0")
        child = 1 if number == 0 and streams else 0xFFFFFFFF
        right = number + 1 if 0 < number < len(streams) else 0xFFFFFFFF
        kind = 5 if number == 0 else 2
        entries += raw + struct.pack("<HBBIII", 2 * len(name) + 2, kind, 1, 0xFFFFFFFF, right, child) + bytes(36)
        entries += struct.pack("<IQ", 0xFFFFFFFE, 0)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<I", 0) + b"\xff" * 432
    sectors = struct.pack("<III", 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF).ljust(512, b"\xff")
    path.write_bytes(head + sectors + entries.ljust(512, b"\0"))
    return path


@pytest.mark.parametrize(
    ("stream", "kind", "ext"),
    [
        pytest.param("WordDocument", "a Word document (.doc)", "doc", id="doc"),
        pytest.param("PowerPoint Document", "a PowerPoint presentation (.ppt)", "ppt", id="ppt"),
        pytest.param("__properties_version1.0", "a message of Outlook", "msg", id="msg"),
    ],
)
def test_another_document_of_old_office_is_named(tmp_path: Path, stream: str, kind: str, ext: str) -> None:
    path = ole(tmp_path / "a.xls", stream)
    assert sniff(path) == ext
    with pytest.raises(RejectedFileError, match="the file is no table") as caught:
        read_table(path, None)
    assert caught.value.found.startswith(kind)


def test_a_workbook_that_holds_a_document_is_a_workbook(tmp_path: Path) -> None:
    assert sniff(ole(tmp_path / "a.xls", "Workbook", "WordDocument")) == "xls"


@pytest.mark.parametrize(
    "header",
    ["ID;名称;库存", "BM,GIF,PAR1", "[SKU],[名称],[库存]", "ID3,ITSF,x", "sum(a),b,c", "Date: 1,b,c", "MSCF\tb\tc"],
)
def test_a_column_may_be_called_like_the_beginning_of_a_format(tmp_path: Path, header: str) -> None:
    path = tmp_path / "a.csv"
    sign = next(sign for sign in ";,\t" if sign in header)
    path.write_text(f"{header}\n" + f"1{sign}2{sign}3\n" * 3, "utf-8")
    assert sniff(path) == "csv"
    assert read_table(path, None).rows == 3
