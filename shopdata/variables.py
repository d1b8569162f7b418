"""What a person has set, as the program uses it: an address of a database, a key, an address of the board."""

from __future__ import annotations

import re

from shopdata.config import in_project
from shopdata.exceptions import ArgumentError, UsageError


def database_url(url: str | None) -> str | None:
    """The same; a file of SQLite's is one place from any folder of the project."""
    kind, slashes, file = (url or "").partition(":///")
    if kind.partition("+")[0] != "sqlite" or not file or file.startswith((":", "file:", "?")):
        return url
    path, mark, query = file.partition("?")
    return f"{kind}{slashes}{in_project(path)}{mark}{query}"


def secret_key(key: str | None, file: str | None) -> str | None:
    """The key, or what the file holds. Raises UsageError: nothing may be saved in plain because a file is away."""
    if file is None:
        return key
    try:
        found = in_project(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "the file of the key can't be read",
            where="SHOPDATA_SECRET_KEY_FILE",
            found=(error.strerror if isinstance(error, OSError) else None) or "no UTF-8 text",
            expected="a file with the key as its only line",
            todo="Put the key there, or unset the variable.",
        ) from None
    if not found or (key is not None and key != found):
        raise UsageError(
            "the file of the key holds another one than SHOPDATA_SECRET_KEY"
            if found
            else "the file of the key is empty",
            where="SHOPDATA_SECRET_KEY_FILE",
            expected="one key",
            todo="Set one of the two variables, and put the whole key there.",
        )
    return found


def web_address(url: str | None, where: str) -> str | None:
    """The same. Raises ArgumentError for what no browser would open."""
    if url is None or re.fullmatch(r"https?://[^\s/?#()<>\[\]]+(/[^\s?#()<>\[\]]*)?", url):
        return url
    raise ArgumentError(
        "this is no web address", where=where, expected="https://board.example.com/board", todo="Correct or unset it."
    )
