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

#: How a file begins, the extension that fits it, and what it is called, by what is to be done about it. None of them is
#: the beginning of another.
_BEGINNINGS: dict[str, tuple[tuple[bytes, str, str], ...]] = {
    LOOK: (
        (b"%PDF-", "pdf", "a PDF document"),
        (b"%!PS", "ps", "a PostScript document"),
        (b"{\\rtf", "rtf", "an RTF document"),
        (b"\x89PNG\r\n", "png", "a picture (PNG)"),
        (b"\xff\xd8\xff", "jpg", "a picture (JPEG)"),
        (b"GIF87a", "gif", "a picture (GIF)"),
        (b"GIF89a", "gif", "a picture (GIF)"),
        (b"II*\0", "tif", "a picture (TIFF)"),
        (b"MM\0*", "tif", "a picture (TIFF)"),
        (b"8BPS", "psd", "a picture (Photoshop)"),
        (b"\0\0\1\0", "ico", "a picture (icon)"),
        (b"!<arch>\n", "a", "an ar archive"),
        (b"ITSF", "chm", "a help file"),
        (b"!BDN", "pst", "an Outlook mailbox"),
        (b"AT&TFORM", "djvu", "a DjVu document"),
        (b"\xff\x57\x50\x43", "wpd", "a WordPerfect document"),
        (b"bplist00", "plist", "a property list of macOS"),
        (b"\x7fELF", "elf", "a program"),
        (b"\xca\xfe\xba\xbe", "bin", "a program"),
        (b"\xcf\xfa\xed\xfe", "bin", "a program"),
        (b"OggS", "ogg", "a sound"),
        (b"ID3", "mp3", "a sound"),
        (b"fLaC", "flac", "a sound"),
        (b"\x1aE\xdf\xa3", "mkv", "a film"),
        (b"-----BEGIN ", "pem", "a key or a certificate"),
        (b"BEGIN:VC", "vcf", "a card or a calendar"),
        (b"HTTP/1.", "txt", "the answer of a web server, with its headers"),
        (b"HTTP/2 ", "txt", "the answer of a web server, with its headers"),
    ),
    UNPACK: (
        (b"\x1f\x8b", "gz", "a gzip archive"),
        (b"BZh91AY", "bz2", "a bzip2 archive"),
        (b"\xfd7zXZ\0", "xz", "an xz archive"),
        (b"7z\xbc\xaf\x27\x1c", "7z", "a 7-Zip archive"),
        (b"Rar!\x1a\x07", "rar", "a RAR archive"),
        (b"(\xb5/\xfd", "zst", "a Zstandard archive"),
        (b"\x04\x22\x4d\x18", "lz4", "an LZ4 archive"),
        (b"MSCF", "cab", "a cabinet archive"),
        (b"\x1f\x9d", "z", "a compressed file (.Z)"),
    ),
    SAVE_ANEW: (
        (b"SQLite format 3\0", "sqlite", "an SQLite database"),
        (b"\0\1\0\0Standard Jet DB", "mdb", "an Access database"),
        (b"\0\1\0\0Standard ACE DB", "accdb", "an Access database"),
        (b"\0\0\2\0\6\4", "wk1", "a Lotus 1-2-3 worksheet"),
        (b"\0\0\2\0\4\4", "wks", "a Lotus 1-2-3 worksheet"),
        (b"\0\0\x1a\0", "wk3", "a Lotus 1-2-3 worksheet"),
        (b"\xff\0\2\0\4\4", "wks", "a Works spreadsheet"),
        (b"\0\0\2\0\x01\x10", "wb1", "a Quattro Pro notebook"),
        (b"\0\0\2\0\x20\x51", "wq1", "a Quattro Pro worksheet"),
        (b"*BEGIN SPREADSHEETS", "as", "an Applixware spreadsheet"),
        (b"PAR1", "parquet", "a Parquet file"),
        (b"ARROW1", "arrow", "an Arrow file"),
        (b"FEA1", "feather", "a Feather file"),
        (b"ORC", "orc", "an ORC file"),
        (b"Obj\x01", "avro", "an Avro file"),
        (b"\x89HDF\r\n", "h5", "an HDF5 file"),
        (b"\x93NUMPY", "npy", "a numpy array"),
        (b"$FL2@(#)", "sav", "an SPSS file"),
        (b"<stata_dta>", "dta", "a Stata file"),
        (b"\x80\x04\x95", "pickle", "a pickle of Python"),
        (b"TABLE\r\n0,1\r\n", "dif", "a DIF spreadsheet"),
        (b"TABLE\n0,1\n", "dif", "a DIF spreadsheet"),
        (b"TABLE\r0,1\r", "dif", "a DIF spreadsheet"),
    ),
    "Copy the file that it leads to.": ((b"L\0\0\0\x01\x14\x02\0", "lnk", "a shortcut of Windows"),),
    "Fetch the file itself.": ((b"version https://git-lfs", "txt", "a pointer of Git LFS"),),
}  # fmt: skip

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
    for remedy, kinds in _BEGINNINGS.items():
        for beginning, ext, name in kinds:
            # Four letters alone may be the name of a column.
            if bare.startswith(beginning) and not (is_text and beginning.isalnum() and len(beginning) < 6):
                return FileKind(ext, name, remedy=remedy)
    if _is_dbase(bare):
        return _DBASE
    return next((kind for pattern, kind in _PATTERNS if pattern.match(bare)), None)


def _is_dbase(head: bytes) -> bool:
    """A version, a day, and a header as long as it says, whose fields end in a carriage return."""
    if len(head) < 33 or head[0] not in _DBASE_VERSIONS or not (1 <= head[2] <= 12 and 1 <= head[3] <= 31):
        return False
    length = int.from_bytes(head[8:10], "little")
    return length > 32 and (length > len(head) or b"\r" in (head[length - 1 : length], head[length - 2 : length - 1]))
