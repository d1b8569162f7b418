"""Workbooks under a password."""

from __future__ import annotations

from shopdata.exceptions import RejectedFileError


def protected(where: str) -> RejectedFileError:
    """The refusal of a workbook that asks for a password."""
    return RejectedFileError(
        "the file is protected by a password",
        where=where,
        expected="a workbook that opens without one",
        todo="Switch the password off where the report is made.",
    )
