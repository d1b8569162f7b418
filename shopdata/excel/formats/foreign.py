"""Formats that are no table of ours, by how they begin: so that a refusal can name what came."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class FileKind:
    """What a file is by its content.

    `ext` is the extension that fits, `name` what a person calls it, with its article; `reader` is what can read it:
    xlsx, encrypted, xls, xlsb, ods, fods, xml2003, html, csv, zip, json, '' for nothing. `remedy` is what to do then.
    """

    ext: str
    name: str
    reader: str = ""
    remedy: str = ""


LOOK = "Look at the file: it may be an answer of the portal that says what went wrong."
SAVE_ANEW = "Open it in the program that it belongs to, or in Excel, and save it as .xlsx."
UNPACK = "Unpack it, and take the workbook in it."
UNKNOWN = FileKind("bin", "bytes of no known kind", remedy=LOOK)

#: How a file begins -> its kind. Where two fit, the first counts.
_BEGINNINGS: tuple[tuple[bytes, FileKind], ...] = (
    (b"%PDF-", FileKind("pdf", "a PDF document", remedy=LOOK)),
    (b"%!PS", FileKind("ps", "a PostScript document", remedy=LOOK)),
    (b"{\\rtf", FileKind("rtf", "an RTF document", remedy=LOOK)),
    (b"\x89PNG\r\n", FileKind("png", "a picture (PNG)", remedy=LOOK)),
    (b"\xff\xd8\xff", FileKind("jpg", "a picture (JPEG)", remedy=LOOK)),
    (b"GIF87a", FileKind("gif", "a picture (GIF)", remedy=LOOK)),
    (b"GIF89a", FileKind("gif", "a picture (GIF)", remedy=LOOK)),
    (b"II*\0", FileKind("tif", "a picture (TIFF)", remedy=LOOK)),
    (b"MM\0*", FileKind("tif", "a picture (TIFF)", remedy=LOOK)),
    (b"8BPS", FileKind("psd", "a picture (Photoshop)", remedy=LOOK)),
    (b"\0\0\1\0", FileKind("ico", "a picture (icon)", remedy=LOOK)),
    (b"\x1f\x8b", FileKind("gz", "a gzip archive", remedy=UNPACK)),
    (b"BZh91AY", FileKind("bz2", "a bzip2 archive", remedy=UNPACK)),
    (b"\xfd7zXZ\0", FileKind("xz", "an xz archive", remedy=UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", FileKind("7z", "a 7-Zip archive", remedy=UNPACK)),
    (b"Rar!\x1a\x07", FileKind("rar", "a RAR archive", remedy=UNPACK)),
    (b"(\xb5/\xfd", FileKind("zst", "a Zstandard archive", remedy=UNPACK)),
    (b"\x04\x22\x4d\x18", FileKind("lz4", "an LZ4 archive", remedy=UNPACK)),
    (b"MSCF", FileKind("cab", "a cabinet archive", remedy=UNPACK)),
    (b"\x1f\x9d", FileKind("z", "a compressed file (.Z)", remedy=UNPACK)),
    (b"!<arch>\n", FileKind("a", "an ar archive", remedy=LOOK)),
    (b"SQLite format 3\0", FileKind("sqlite", "an SQLite database", remedy=SAVE_ANEW)),
    (b"\0\1\0\0Standard Jet DB", FileKind("mdb", "an Access database", remedy=SAVE_ANEW)),
    (b"\0\1\0\0Standard ACE DB", FileKind("accdb", "an Access database", remedy=SAVE_ANEW)),
    (b"\0\0\2\0\6\4", FileKind("wk1", "a Lotus 1-2-3 worksheet", remedy=SAVE_ANEW)),
    (b"\0\0\2\0\4\4", FileKind("wks", "a Lotus 1-2-3 worksheet", remedy=SAVE_ANEW)),
    (b"\0\0\x1a\0", FileKind("wk3", "a Lotus 1-2-3 worksheet", remedy=SAVE_ANEW)),
    (b"\xff\0\2\0\4\4", FileKind("wks", "a Works spreadsheet", remedy=SAVE_ANEW)),
    (b"\0\0\2\0\x01\x10", FileKind("wb1", "a Quattro Pro notebook", remedy=SAVE_ANEW)),
    (b"\0\0\2\0\x20\x51", FileKind("wq1", "a Quattro Pro worksheet", remedy=SAVE_ANEW)),
    (b"*BEGIN SPREADSHEETS", FileKind("as", "an Applixware spreadsheet", remedy=SAVE_ANEW)),
    (b"PAR1", FileKind("parquet", "a Parquet file", remedy=SAVE_ANEW)),
    (b"ARROW1", FileKind("arrow", "an Arrow file", remedy=SAVE_ANEW)),
    (b"FEA1", FileKind("feather", "a Feather file", remedy=SAVE_ANEW)),
    (b"ORC", FileKind("orc", "an ORC file", remedy=SAVE_ANEW)),
    (b"Obj\x01", FileKind("avro", "an Avro file", remedy=SAVE_ANEW)),
    (b"\x89HDF\r\n", FileKind("h5", "an HDF5 file", remedy=SAVE_ANEW)),
    (b"\x93NUMPY", FileKind("npy", "a numpy array", remedy=SAVE_ANEW)),
    (b"$FL2@(#)", FileKind("sav", "an SPSS file", remedy=SAVE_ANEW)),
    (b"<stata_dta>", FileKind("dta", "a Stata file", remedy=SAVE_ANEW)),
    (b"ITSF", FileKind("chm", "a help file", remedy=LOOK)),
    (b"!BDN", FileKind("pst", "an Outlook mailbox", remedy=LOOK)),
    (b"AT&TFORM", FileKind("djvu", "a DjVu document", remedy=LOOK)),
    (b"\xff\x57\x50\x43", FileKind("wpd", "a WordPerfect document", remedy=LOOK)),
    (b"L\0\0\0\x01\x14\x02\0", FileKind("lnk", "a shortcut of Windows", remedy="Copy the file that it leads to.")),
    (b"bplist00", FileKind("plist", "a property list of macOS", remedy=LOOK)),
    (b"\x7fELF", FileKind("elf", "a program", remedy=LOOK)),
    (b"\xca\xfe\xba\xbe", FileKind("bin", "a program", remedy=LOOK)),
    (b"\xcf\xfa\xed\xfe", FileKind("bin", "a program", remedy=LOOK)),
    (b"OggS", FileKind("ogg", "a sound", remedy=LOOK)),
    (b"ID3", FileKind("mp3", "a sound", remedy=LOOK)),
    (b"fLaC", FileKind("flac", "a sound", remedy=LOOK)),
    (b"\x1aE\xdf\xa3", FileKind("mkv", "a film", remedy=LOOK)),
    (b"\x80\x04\x95", FileKind("pickle", "a pickle of Python", remedy=SAVE_ANEW)),
    (b"TABLE\r\n0,1\r\n", FileKind("dif", "a DIF spreadsheet", remedy=SAVE_ANEW)),
    (b"TABLE\n0,1\n", FileKind("dif", "a DIF spreadsheet", remedy=SAVE_ANEW)),
    (b"TABLE\r0,1\r", FileKind("dif", "a DIF spreadsheet", remedy=SAVE_ANEW)),
    (b"version https://git-lfs", FileKind("txt", "a pointer of Git LFS", remedy="Fetch the file itself.")),
    (b"-----BEGIN ", FileKind("pem", "a key or a certificate", remedy=LOOK)),
    (b"BEGIN:VC", FileKind("vcf", "a card or a calendar", remedy=LOOK)),
    (b"HTTP/1.", FileKind("txt", "the answer of a web server, with its headers", remedy=LOOK)),
    (b"HTTP/2 ", FileKind("txt", "the answer of a web server, with its headers", remedy=LOOK)),
)  # fmt: skip

#: Where more than the beginning tells.
_PATTERNS: tuple[tuple[re.Pattern[bytes], FileKind], ...] = tuple(
    (re.compile(pattern, re.DOTALL), kind)
    for pattern, kind in (
        # Something may stand before it.
        (rb"\A.{1,1000}[\r\n]%PDF-[12]\.", FileKind("pdf", "a PDF document", remedy=LOOK)),
        (rb"\ABM.{4}\0\0\0\0.{3}\0", FileKind("bmp", "a picture (BMP)", remedy=LOOK)),
        (rb"\ARIFF.{4}WEBP", FileKind("webp", "a picture (WebP)", remedy=LOOK)),
        (rb"\ARIFF.{4}(?:AVI |WAVE)", FileKind("avi", "a sound or a film", remedy=LOOK)),
        (rb"\A.{4}ftyp(?:hei|mif|avif)", FileKind("heic", "a picture (HEIF)", remedy=LOOK)),
        (rb"\A.{4}ftyp", FileKind("mp4", "a film", remedy=LOOK)),
        (rb"\AMZ.*\0", FileKind("exe", "a program", remedy=LOOK)),
        (rb"\A.{257}ustar", FileKind("tar", "a tar archive", remedy=UNPACK)),
        (rb"\A.{2}-lh[0-7]-", FileKind("lzh", "an LHA archive", remedy=UNPACK)),
        # Two lines of records: a list whose first column is called ID is none.
        (
            rb"\AID;[^\r\n]*[\r\n]+(?:ID|NN|NE|NU|NL|[BCEFOPW]);[^\r\n]*[\r\n]",
            FileKind("slk", "a SYLK spreadsheet", remedy=SAVE_ANEW),
        ),
        (rb"\A(?:[BCFOP];[A-Z][^\r\n]*[\r\n]+){3}", FileKind("slk", "a SYLK spreadsheet", remedy=SAVE_ANEW)),
        (
            rb"\A(?:[A-Za-z][\w-]*: [^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)*?MIME-Version: ?1",
            FileKind("mht", "a web archive or an e-mail (MIME)", remedy=SAVE_ANEW),
        ),
        (
            rb"""\A\s*[\w.$]+\s*\(\s*(?:\{\s*["'}]|\[\s*[{\["'])""",
            FileKind("js", "JSON in a call of JavaScript", remedy=LOOK),
        ),
    )
)
_DBASE = FileKind("dbf", "a dBase table", remedy=SAVE_ANEW)
_DBASE_VERSIONS = b"\x02\x03\x04\x30\x31\x32\x43\x63\x7b\x83\x8b\x8c\xcb\xe5\xf5\xfb"
#: Signs that no text has.
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def by_magic(head: bytes) -> FileKind | None:
    """The foreign kind that the first bytes of a file are of, if they tell."""
    bare = head.removeprefix(b"\xef\xbb\xbf")
    is_text = not _CONTROLS.search(bare)
    for beginning, kind in _BEGINNINGS:
        # Four letters alone may be the name of a column.
        if bare.startswith(beginning) and not (is_text and beginning.isalnum() and len(beginning) < 6):
            return kind
    if _is_dbase(bare):
        return _DBASE
    return next((kind for pattern, kind in _PATTERNS if pattern.match(bare)), None)


def _is_dbase(head: bytes) -> bool:
    """A version, a day, and a header as long as it says, whose fields end in a carriage return."""
    if len(head) < 33 or head[0] not in _DBASE_VERSIONS or not (1 <= head[2] <= 12 and 1 <= head[3] <= 31):
        return False
    length = int.from_bytes(head[8:10], "little")
    return length > 32 and (length > len(head) or b"\r" in (head[length - 1 : length], head[length - 2 : length - 1]))
