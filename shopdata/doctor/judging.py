"""What an answer to a recipe's request says of the recipe: pure, and without asking anything."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from shopdata.config import Portal
from shopdata.config.recipes import JobStep, PagesStep, Request
from shopdata.config.recipes.paths import NoSuchPlaceError, value_at
from shopdata.crawling.recipes.dialect import Dialect
from shopdata.crawling.report_jobs.listed import ListShape, Report
from shopdata.doctor.findings import Finding, Key, Verdict, differs, holds, note, unseen
from shopdata.sessions.sign_in import PlatformLogin, PortalAnswer, is_login_page
from shopdata.texts import read_json

#: Refusals of a request that the page should have signed (docs/portals.md 2, 8.2).
SIGNATURE_CODES = frozenset({"40002", "-407", "-402"})
#: An order is looked for from so long before it on (docs/portals.md 8.1): clocks further apart lose it.
MOST_SKEW_SECONDS = 30
#: Stands for "there is nothing to go on with".
NOTHING = object()
#: What fonts of a portal's own draw other digits on (docs/portals.md 8.10).
_PRIVATE_USE = re.compile("[\ue000-\uf8ff]")
_MOST_NAMES = 12


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
        found = _at(content, path)
        if str(found) != str(wanted):
            told = names_of(content) if found is None else str(found)
            yield differs("ok", subject, place.key(f"ok.{path}", found), path=path, wanted=wanted, found=told)


def take(asked: Request, place: Place, content: Any, subject: str) -> tuple[dict[str, Any], list[Finding]]:
    """What later steps need, and what of it is not where the recipe says."""
    taken, findings = {}, []
    for name, path in asked.take.items():
        found = _at(content, path)
        if found in (None, "") or (path == "$" and isinstance(found, dict)):
            likely = _only(_texts_in(content)) if path != "$" or isinstance(content, dict) else None
            key = place.key(f"take.{name}", likely)
            findings.append(differs("take", subject, key, path=path, names=names_of(content)))
        else:
            taken[name] = found
    return taken, findings


# -- lists of reports --------------------------------------------------------------------------------------------------


def list_shape(step: JobStep) -> ListShape:
    """What stands where in its list."""
    find, status = step.find, step.status
    return ListShape(
        id=find.id,
        name=find.name[0] if find.name else "",
        status=status.at,
        working=frozenset(map(str, status.working)),
        done=frozenset(map(str, status.done)),
        made=find.made.at if find.made else "",
        made_format=(find.made.format or "") if find.made else "",
        link=next(iter(step.take.values()), ""),
    )


def judge_list(step: JobStep, place: Place, content: Any, subject: str) -> tuple[list[Report], list[Finding]]:
    """The reports of an account's list, and what is not where the recipe says (D8).

    Args:
        place: of the whole step.
    """
    find = Place(place.file, place.key("find").path)
    assert step.find.rows is not None
    rows = _at(content, step.find.rows)
    if not isinstance(rows, list):
        key = find.key("rows", _only(_lists_in(content)))
        return [], [differs("rows", subject, key, path=step.find.rows, names=names_of(content))]
    rows = [row for row in map(_row, rows) if isinstance(row, dict)]
    if not rows:
        return [], [unseen("empty_list", subject)]
    findings = list(_of_fields(step, place, find, rows, subject))
    shape = list_shape(step)
    mine = [row for row in rows if _is_ours(step, row)]
    findings += _of_kind(step, find, rows, mine, subject)
    # Those of another kind have the same form.
    reports = shape.read(mine or rows)
    findings += _of_status(shape, place, reports, subject)
    if shape.made and any(_at(row, shape.made) is not None for row in rows) and not any(r.created_at for r in reports):
        key = find.key("made.format")
        example = next((str(_at(row, shape.made)) for row in rows), "")
        findings.append(differs("made", subject, key, field=shape.made, example=re.sub(r"\d", "0", example)[:40]))
    if all(one.verdict is not Verdict.DIFFERS for one in findings):
        made = [report.created_at for report in reports if report.created_at is not None]
        is_sorted = made == sorted(made, reverse=True)
        findings.append(holds("list", subject, n=len(rows), oldest=f"{min(made):%Y-%m-%d}" if made else "-"))
        if not is_sorted:
            findings.append(note("unsorted", subject))
    return reports, findings


def _of_fields(
    step: JobStep, place: Place, find: Place, rows: Sequence[Mapping[str, Any]], subject: str
) -> Iterator[Finding]:
    known = {step.find.id, *step.find.where, *step.status.at, *step.take.values()}
    known |= {step.find.made.at} if step.find.made else set()
    others = sorted({name for row in rows for name in row} - known)
    wanted = [(step.find.id, find.key("id"))]
    wanted += [(name, find.key(f"where.{name}")) for name in step.find.where]
    wanted += [(step.find.made.at, find.key("made.at"))] if step.find.made else []
    wanted += [(path, place.key(f"take.{name}")) for name, path in step.take.items()]
    for name, key in wanted:
        if all(_at(row, name) is None for row in rows):
            yield differs("field", subject, key, field=name, names=_told(others))
    if all(_at(row, name) is None for row in rows for name in step.status.at):
        yield differs("field", subject, place.key("status.at"), field=step.status.at[0], names=_told(others))


def _of_kind(
    step: JobStep,
    find: Place,
    rows: Sequence[Mapping[str, Any]],
    mine: Sequence[Mapping[str, Any]],
    subject: str,
) -> Iterator[Finding]:
    if mine:
        return
    for name, match in step.find.where.items():
        values = Counter(str(_at(row, name)) for row in rows if _at(row, name) is not None)
        if _is_constant(match.equal) and values:
            yield differs(
                "kind", subject, find.key(f"where.{name}"), field=name, wanted=match.equal, found=_told(values)
            )


def _of_status(shape: ListShape, place: Place, reports: Sequence[Report], subject: str) -> Iterator[Finding]:
    said = Counter(report.status for report in reports if report.status != "None")
    others = {status: count for status, count in said.items() if status not in shape.working | shape.done}
    if said and not any(shape.is_done(report) for report in reports):
        keys = place.key("status.done"), place.key("status.working")
        wanted = ", ".join(sorted(shape.done))
        yield differs("status", subject, *keys, wanted=wanted, found=_told(said))
    elif others:
        yield note("status_other", subject, place.key("status.working"), found=_told(others))
    done = [report for report in reports if shape.is_done(report)]
    if shape.link and done and not any(report.link for report in done):
        yield note("no_link", subject, place.key("take"), field=shape.link)


def _is_ours(step: JobStep, row: Mapping[str, Any]) -> bool:
    return all(
        str(_at(row, name)) == str(match.equal) for name, match in step.find.where.items() if _is_constant(match.equal)
    )


def _is_constant(value: Any) -> bool:
    return value is not None and "{" not in str(value)


# -- lists that come in pages ------------------------------------------------------------------------------------------


def judge_pages(step: PagesStep, place: Place, content: Any, subject: str) -> list[Finding]:
    """Rows, total and ids of a first page (D15, D16)."""
    pages = step.pages
    rows = _at(content, pages.rows)
    if not isinstance(rows, list):
        key = place.key("pages.rows", _only(_lists_in(content)))
        return [differs("rows", subject, key, path=pages.rows, names=names_of(content))]
    findings: list[Finding] = []
    if pages.total is not None and _count(_at(content, pages.total)) is None:
        likely = _only(path for path, value in _numbers_in(content) if value >= len(rows))
        key = place.key("pages.total", likely)
        findings.append(differs("total", subject, key, path=pages.total, names=names_of(content)))
    read = [row for row in map(_row, rows) if isinstance(row, dict)]
    if read and all(_at(row, pages.id) in (None, "") for row in read):
        names = sorted({name for row in read for name in row})
        likely = _only(name for name in names if name.lower().endswith("id"))
        findings.append(differs("field", subject, place.key("pages.id", likely), field=pages.id, names=_told(names)))
    hidden = sorted({name for row in read for name, value in row.items() if _PRIVATE_USE.search(str(value))})
    if hidden:
        findings.append(differs("hidden_digits", subject, names=_told(hidden)))
    if not read:
        findings.append(unseen("empty_page", subject))
    if not findings:
        ids = [str(_at(row, pages.id) or "") for row in read]
        total = None if pages.total is None else _count(_at(content, pages.total))
        findings.append(
            holds("page", subject, n=len(read), total="-" if total is None else total, digits=_lengths(ids))
        )
    return findings


def _lengths(ids: Sequence[str]) -> str:
    lengths = sorted({len(text) for text in ids if text})
    return "-".join(map(str, dict.fromkeys((lengths[0], lengths[-1])))) if lengths else "0"


def _count(value: Any) -> int | None:
    if isinstance(value, bool) or value is None:
        return None
    return int(value) if str(value).isdecimal() else None


# -- what stands where -------------------------------------------------------------------------------------------------


def names_of(value: Any) -> str:
    """The names of fields, never their values: those may be anything."""
    if isinstance(value, dict):
        return _told(
            [
                name
                for key, part in value.items()
                for name in ([key] + [f"{key}.{n}" for n in part] if isinstance(part, dict) else [key])
            ]
        )
    return type(value).__name__


def _told(names: Any) -> str:
    listed = [f"{name} ({count})" for name, count in names.items()] if isinstance(names, dict) else list(names)
    return ", ".join(listed[:_MOST_NAMES]) + (" …" if len(listed) > _MOST_NAMES else "") or "-"


def _at(value: Any, path: str) -> Any:
    with suppress(NoSuchPlaceError):
        return value_at(value, path)
    return None


def _row(row: Any) -> Any:
    """Some interfaces send their rows as JSON texts (docs/portals.md 3.2)."""
    if isinstance(row, str):
        with suppress(ValueError):
            return read_json(row)
    return row


def _walk(value: Any, path: str = "$", depth: int = 3) -> Iterator[tuple[str, Any]]:
    yield path, value
    if isinstance(value, dict) and depth:
        for name, part in value.items():
            if re.fullmatch(r"[^.\[\]*$\s]+", str(name)):
                yield from _walk(part, f"{path}.{name}", depth - 1)


def _lists_in(value: Any) -> Iterator[str]:
    return (
        path
        for path, part in _walk(value)
        if isinstance(part, list) and all(isinstance(_row(row), dict) for row in part)
    )


def _numbers_in(value: Any) -> Iterator[tuple[str, int]]:
    for path, part in _walk(value):
        if (count := _count(part)) is not None and not isinstance(part, str):
            yield path, count


def _texts_in(value: Any) -> Iterator[str]:
    """Places of texts that a later step could need: an address, a name, an id."""
    return (path for path, part in _walk(value) if path != "$" and isinstance(part, str) and len(part) > 5)


def _only(found: Iterator[str]) -> str | None:
    """The one that there is; None where a person must choose."""
    listed = list(dict.fromkeys(found))
    return listed[0] if len(listed) == 1 else None
