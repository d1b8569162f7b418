"""Workbooks under a password: Excel tries one by itself, and so do we. Any other is a person's."""

from __future__ import annotations

import io
from typing import Any

from shopdata.excel.containers.ole import workbook_stream
from shopdata.exceptions import RejectedFileError

#: What Excel encrypts a workbook with whose structure alone is locked, and tries before it asks.
DEFAULT_PASSWORD = "VelvetSweatshop"  # noqa: S105 - everybody knows it

#: How often a password may be hashed; Excel says 100,000.
_MOST_SPINS = 1_000_000
#: msoffcrypto holds each byte of an .xls as an object.
_MOST_XLS_BYTES = 64 << 20


def protected(where: str) -> RejectedFileError:
    """The refusal of a file that asks for a password."""
    return RejectedFileError(
        "the file is protected by a password",
        code="password_protected",
        where=where,
        expected="a file that opens without one",
        todo="Switch the password off where the report is made.",
    )


def without_password(content: bytes, where: str) -> bytes:
    """The workbook inside an encrypted one: a zip out of an `EncryptedPackage`, an .xls out of an .xls.

    Raises:
        RejectedFileError: Excel too would ask for a password, or the file is damaged.
    """
    import msoffcrypto  # its import takes longer than reading a small file
    import msoffcrypto.exceptions as refused

    plain = io.BytesIO()
    try:
        book = msoffcrypto.OfficeFile(io.BytesIO(content))
        if book.format == "ooxml":
            _load_key(book, where)
        elif len(content) > _MOST_XLS_BYTES:
            raise _too_costly(f"an encrypted .xls of {len(content):,} bytes", f"at most {_MOST_XLS_BYTES:,}", where)
        else:
            workbook_stream(content)  # raises where a stream has no end
            book.load_key(password=DEFAULT_PASSWORD)
        book.decrypt(plain)
    except (refused.DecryptionError, refused.FileFormatError):
        raise protected(where) from None
    except RejectedFileError:
        raise
    except Exception:  # noqa: BLE001 - a damaged file makes it raise whatever its parts raise
        raise RejectedFileError(
            "the workbook can't be read",
            code="unreadable",
            where=where,
            found="an encrypted workbook whose parts break off or do not belong together",
            expected="a whole workbook",
            todo="Download it again; if it stays so, switch the encryption off where the report is made.",
        ) from None
    return plain.getvalue()


def _load_key(book: Any, where: str) -> None:
    spins = book.info.get("spinValue", 0)
    if spins > _MOST_SPINS:
        raise _too_costly(f"a password to be hashed {spins:,} times", f"at most {_MOST_SPINS:,}", where)
    book.load_key(password=DEFAULT_PASSWORD, verify_password=True)


def _too_costly(found: str, expected: str, where: str) -> RejectedFileError:
    return RejectedFileError(
        "the encrypted file takes more to open than is safe",
        code="file_too_large",
        where=where,
        found=found,
        expected=expected,
        todo="Switch the encryption off where the report is made.",
    )
