"""The proof that what is kept holds nothing secret: looked for in every form in which it might stand there."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from urllib.parse import quote, quote_plus

from shopdata.exceptions import RejectedFileError

#: Shorter ones stand in any text by chance.
_SHORTEST = 4
#: Numbers of so many digits are told from those that stand for others.
SHORT_NUMBER = 8
#: In runs of how many signs texts are looked for, the longest first.
_LENGTHS = (8, 6, _SHORTEST)
_NUMBER = re.compile(rf"(?<![0-9A-Za-z])[0-9]{{{_SHORTEST},{SHORT_NUMBER}}}(?![0-9A-Za-z])")


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


def prove_clean(
    texts: Iterable[str], secrets: Iterable[str], known: Iterable[str] = (), given: Set[str] = frozenset()
) -> None:
    """Looks for every secret in every form.

    Args:
        secrets: what was replaced; words that are everywhere are passed over.
        known: what is secret however it looks.
        given: short numbers that are stand-ins: where there are many, some are by chance what others stand for.

    Raises:
        SecretFoundError: one is there.
    """
    known = {one for one in known if len(one) >= _SHORTEST}
    wanted = {secret for secret in secrets if worth_looking_for(secret)} | known
    whole = "\n".join(texts)
    # Within longer words every short number stands somewhere; by itself it is one, or a stand-in.
    numbers = set(_NUMBER.findall(whole)) - given
    runs = {count: _runs_of(whole, count) for count in _LENGTHS}
    for secret in wanted:
        for form, text in forms_of(secret):
            is_number = secret not in known and _NUMBER.fullmatch(text)
            if text in numbers if is_number else _may_hold(runs, text) and text in whole:
                raise SecretFoundError(
                    "what was recorded would keep something secret",
                    where="the recording",
                    found=f"a text of {len(secret)} signs, as {form}",
                    todo="Nothing was saved. Record it again and choose less in the page, or write the recipe by hand.",
                )


def _runs_of(whole: str, count: int) -> bytearray:
    """Which runs of so many signs stand in a text, by their hash: of nearly all secrets that tells that they do not,
    and to look for each of a hundred thousand takes hours."""
    seen = bytearray(1 << max(12, (4 * len(whole)).bit_length()))
    mask = len(seen) - 1
    for start in range(len(whole) - count + 1):
        seen[hash(whole[start : start + count]) & mask] = 1
    return seen


def _may_hold(runs: Mapping[int, bytearray], text: str) -> bool:
    """False where it does not stand there for sure."""
    count = next((count for count in runs if count <= len(text)), 0)
    if not count:
        return True
    seen = runs[count]
    mask = len(seen) - 1
    return all(seen[hash(text[start : start + count]) & mask] for start in range(len(text) - count + 1))
