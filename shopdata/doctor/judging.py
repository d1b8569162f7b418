"""What an answer to a recipe's request says of the recipe: pure, and without asking anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from shopdata.config import Portal
from shopdata.config.recipes import PagesStep, Request
from shopdata.crawling.recipes.dialect import Dialect
from shopdata.doctor.findings import Finding, Key, differs, unseen
from shopdata.doctor.places import at, names_of, only, texts_in
from shopdata.sessions.sign_in import PlatformLogin, PortalAnswer, is_login_page

#: Refusals of a request that the page should have signed (docs/portals.md 2, 8.2).
SIGNATURE_CODES = frozenset({"40002", "-407", "-402"})
#: An order is looked for from so long before it on (docs/portals.md 8.1): clocks further apart lose it.
MOST_SKEW_SECONDS = 30
#: Stands for "there is nothing to go on with".
NOTHING = object()


@dataclass(frozen=True)
class Place:
    """Where a request stands: its file, and the key that it is under, for example `steps[0].find`."""

    file: str
    path: str = ""

    def key(self, name: str, value: Any = None) -> Key:
        """The key of one of its parts."""
        return Key(self.file, f"{self.path}.{name}" if self.path else name, value)


@dataclass(frozen=True)
class Speech:
    """How a platform's answers are read.

    Args:
        can_sign: whether pages of the platform sign calls.
    """

    login: PlatformLogin
    portal: Portal
    dialect: Dialect
    can_sign: bool = False


def read_answer(
    asked: Request, place: Place, answer: PortalAnswer, speech: Speech, subject: str, failure: str = ""
) -> tuple[Any, list[Finding]]:
    """`$` of the recipe, or NOTHING; and what is odd about the answer.

    Args:
        failure: why there is none.
    """
    if failure:
        return NOTHING, [unseen("answer", subject, why=failure)]
    if (host := moved_to(answer, speech.portal)) is not None:
        return NOTHING, [differs("moved", subject, place.key(asked.method), host=host)]
    data = answer.json() if not answer.is_html else None
    refusal = speech.dialect.refusal(data) if isinstance(data, Mapping) else None
    code = refusal.code if refusal is not None else _code(data)
    if answer.status == 403 or code in SIGNATURE_CODES:
        keys = [place.key("sign", "page" if speech.can_sign else None), place.key("headers")]
        return NOTHING, [differs("signed", subject, *keys, status=answer.status, code=code or "-")]
    if (risk := speech.login.risk_in(answer, speech.portal)) is not None:
        return NOTHING, [unseen("risk", subject, said=risk.text)]
    if answer.status != 200:
        return NOTHING, [differs("http", subject, place.key(asked.method), status=answer.status)]
    if not isinstance(data, Mapping):
        return NOTHING, [differs("no_data", subject, place.key(asked.method), kind=answer.content_type or "-")]
    if refusal is not None:
        keys = [place.key(name) for name in _questions(asked)]
        if isinstance(asked, PagesStep) and asked.pages.size is not None:
            keys.append(place.key("pages.size"))
        return NOTHING, [differs("refused", subject, *keys, code=refusal.code or "-", said=refusal.said[:80])]
    content = speech.dialect.content(data)
    return content, list(_of_ok(asked, place, content, subject))


def moved_to(answer: PortalAnswer, portal: Portal) -> str | None:
    """The host that a redirect leads to with the same question; None for every other answer."""
    if not 300 < answer.status < 400 or not answer.location:
        return None
    target = urljoin(answer.url, answer.location)
    old, new = urlsplit(answer.url), urlsplit(target)
    is_moved = old.netloc != new.netloc and (old.path or "/") == (new.path or "/") and not is_login_page(target, portal)
    return f"{new.scheme}://{new.netloc}" if is_moved else None


def _code(data: Any) -> str:
    if not isinstance(data, Mapping):
        return ""
    return next((str(data[name]) for name in ("code", "status", "error_code", "errorCode") if data.get(name)), "")


def _questions(asked: Request) -> list[str]:
    return [
        name
        for name, value in (("query", asked.query), ("json", asked.body), ("form", asked.form))
        if value not in (None, {})
    ]


def _of_ok(asked: Request, place: Place, content: Any, subject: str) -> Iterator[Finding]:
    for path, wanted in asked.ok.items():
        found = at(content, path)
        if str(found) != str(wanted):
            told = names_of(content) if found is None else str(found)
            yield differs("ok", subject, place.key(f"ok.{path}", found), path=path, wanted=wanted, found=told)


def take(asked: Request, place: Place, content: Any, subject: str) -> tuple[dict[str, Any], list[Finding]]:
    """What later steps need, and what of it is not where the recipe says."""
    taken, findings = {}, []
    for name, path in asked.take.items():
        found = at(content, path)
        if found in (None, "") or (path == "$" and isinstance(found, dict)):
            likely = only(texts_in(content)) if path != "$" or isinstance(content, dict) else None
            key = place.key(f"take.{name}", likely)
            findings.append(differs("take", subject, key, path=path, names=names_of(content)))
        else:
            taken[name] = found
    return taken, findings
