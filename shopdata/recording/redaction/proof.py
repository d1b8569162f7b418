"""The proof that what is kept holds nothing secret: looked for in every form in which it might stand there."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

from shopdata.exceptions import RejectedFileError

#: Shorter ones stand in any text by chance.
_SHORTEST = 4


class SecretFoundError(RejectedFileError):
    """Raised where something that is to be kept holds a secret; it says in which form, and never which."""


def worth_looking_for(text: str) -> bool:
    """False for words that programs are made of: they are nobody's secret, and stand everywhere."""
    return len(text) >= _SHORTEST and not re.fullmatch(r"[A-Za-z_-]{1,31}|\d{1,4}|\d{1,4}\.\d{1,2}", text)


def forms_of(secret: str) -> Iterator[tuple[str, str]]:
    """The forms in which a secret might stand somewhere, and what each is called."""
    raw = secret.encode("utf-8", "surrogatepass")
    yield "plain", secret
    yield "URL", quote(secret, safe="", errors="replace")
    yield "form", quote_plus(secret, errors="replace")
    yield "URL, twice", quote(quote(secret, safe="", errors="replace"), safe="")
    yield "HTML", html.escape(secret)
    yield "unicode", json.dumps(secret)[1:-1]
    yield "JSON in JSON", json.dumps(json.dumps(secret)[1:-1])[1:-1]
    yield "hex", raw.hex()
    yield "backwards", secret[::-1]
    for shift in range(3):
        # What stands before it moves what it looks like; its ends depend on what is beside it.
        text = base64.b64encode(b"\0" * shift + raw).decode()
        inner = text[(0, 2, 3)[shift] : len(text) - 4 if len(raw) + shift > 3 else None].rstrip("=")
        if len(inner) >= 8:
            yield "base64", inner


def contents_of(path: Path) -> Iterator[str]:
    """All that a file holds, as texts; members of a zip too."""
    yield from _texts(path.read_bytes())


def _texts(content: bytes) -> Iterator[str]:
    yield content.decode("utf-8", "replace")
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            for name in package.namelist():
                yield name
                yield from _texts(package.read(name))


def prove_clean(texts: Iterable[str], secrets: Iterable[str], known: Iterable[str] = ()) -> None:
    """Looks for every secret in every form.

    Args:
        secrets: what was replaced; words that are everywhere are passed over.
        known: what is secret however it looks.

    Raises:
        SecretFoundError: one is there.
    """
    wanted = {secret for secret in secrets if worth_looking_for(secret)} | {
        one for one in known if len(one) >= _SHORTEST
    }
    whole = "\n".join(texts)
    for secret in wanted:
        for form, text in forms_of(secret):
            if text in whole:
                raise SecretFoundError(
                    "what was recorded would keep something secret",
                    where="the recording",
                    found=f"a text of {len(secret)} signs, as {form}",
                    todo="Nothing was saved. Record it again and choose less in the page, or write the recipe by hand.",
                )
