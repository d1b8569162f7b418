"""What a list says of a recipe: the account's list of reports, and lists that come page by page. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shopdata.config.datasets import Dataset
from shopdata.config.recipes import JobStep, PagesStep
from shopdata.crawling.report_jobs.listed import ListShape, Report
from shopdata.doctor.findings import Finding, Key, Verdict, differs, holds, note, unseen
from shopdata.doctor.judging import Place
from shopdata.doctor.places import as_row, at, count, lists_in, names_of, numbers_in, only, told

#: What fonts of a portal's own draw other digits on (docs/portals.md 8.10).
_PRIVATE_USE = re.compile("[\ue000-\uf8ff]")


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
    rows = at(content, step.find.rows)
    if not isinstance(rows, list):
        key = find.key("rows", only(lists_in(content)))
        return [], [differs("rows", subject, key, path=step.find.rows, names=names_of(content))]
    rows = [row for row in map(as_row, rows) if isinstance(row, dict)]
    if not rows:
        return [], [unseen("empty_list", subject)]
    findings = list(_of_fields(step, place, find, rows, subject))
    shape = list_shape(step)
    mine = [row for row in rows if _is_ours(step, row)]
    findings += _of_kind(step, find, rows, mine, subject)
    # Those of another kind have the same form.
    reports = shape.read(mine or rows)
    findings += _of_status(shape, place, reports, subject)
    if shape.made and any(at(row, shape.made) is not None for row in rows) and not any(r.created_at for r in reports):
        key = find.key("made.format")
        example = next((str(at(row, shape.made)) for row in rows), "")
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
        if all(at(row, name) is None for row in rows):
            # What an order says of itself may be missing in orders of other kinds: only its own entry tells.
            is_of_order = "." in name and any(at(row, name.partition(".")[0]) is not None for row in rows)
            fact = note if is_of_order else differs
            yield fact("field", subject, key, field=name, names=told(others))
    if all(at(row, name) is None for row in rows for name in step.status.at):
        yield differs("field", subject, place.key("status.at"), field=step.status.at[0], names=told(others))


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
        values = Counter(str(at(row, name)) for row in rows if at(row, name) is not None)
        if _is_constant(match.equal) and values:
            yield differs(
                "kind", subject, find.key(f"where.{name}"), field=name, wanted=match.equal, found=told(values)
            )


def _of_status(shape: ListShape, place: Place, reports: Sequence[Report], subject: str) -> Iterator[Finding]:
    said = Counter(report.status for report in reports if report.status != "None")
    others = {status: count for status, count in said.items() if status not in shape.working | shape.done}
    if said and not any(shape.is_done(report) for report in reports):
        keys = place.key("status.done"), place.key("status.working")
        wanted = ", ".join(sorted(shape.done))
        yield differs("status", subject, *keys, wanted=wanted, found=told(said))
    elif others:
        yield note("status_other", subject, place.key("status.working"), found=told(others))
    done = [report for report in reports if shape.is_done(report)]
    if shape.link and done and not any(report.link for report in done):
        yield note("no_link", subject, place.key("take"), field=shape.link)


def _is_ours(step: JobStep, row: Mapping[str, Any]) -> bool:
    return all(
        str(at(row, name)) == str(match.equal) for name, match in step.find.where.items() if _is_constant(match.equal)
    )


def _is_constant(value: Any) -> bool:
    return value is not None and "{" not in str(value)


def judge_pages(
    step: PagesStep, place: Place, content: Any, subject: str, contract: Dataset | None = None, dataset: str = ""
) -> list[Finding]:
    """Rows, total and ids of a first page (D15, D16).

    Args:
        contract: what names the rows' fields; None where nothing does.
        dataset: whose contract it is.
    """
    pages = step.pages
    rows = at(content, pages.rows)
    if not isinstance(rows, list):
        key = place.key("pages.rows", only(lists_in(content)))
        return [differs("rows", subject, key, path=pages.rows, names=names_of(content))]
    findings: list[Finding] = []
    if pages.total is not None and count(at(content, pages.total)) is None:
        likely = only(path for path, value in numbers_in(content) if value >= len(rows))
        key = place.key("pages.total", likely)
        findings.append(differs("total", subject, key, path=pages.total, names=names_of(content)))
    read = [row for row in map(as_row, rows) if isinstance(row, dict)]
    if read and all(at(row, pages.id) in (None, "") for row in read):
        names = sorted({name for row in read for name in row})
        likely = only(name for name in names if name.lower().endswith("id"))
        # Its column goes on under the name that it had.
        keys = [place.key("pages.id", likely), *_of_contract(pages.id, likely, contract, dataset)]
        findings.append(differs("field", subject, *keys, field=pages.id, names=told(names)))
    hidden = sorted({name for row in read for name, value in row.items() if _PRIVATE_USE.search(str(value))})
    if hidden:
        findings.append(differs("hidden_digits", subject, names=told(hidden)))
    if not read:
        findings.append(unseen("empty_page", subject))
    if not findings:
        ids = [str(at(row, pages.id) or "") for row in read]
        total = None if pages.total is None else count(at(content, pages.total))
        findings.append(
            holds("page", subject, n=len(read), total="-" if total is None else total, digits=_lengths(ids))
        )
    return findings


def _of_contract(field: str, likely: str | None, contract: Dataset | None, dataset: str) -> Iterator[Key]:
    """The key that gives the column of a field another name to be read by."""
    for column, others in contract.aliases.items() if contract is not None else ():
        if field in others:
            yield Key(f"datasets/{dataset}.yaml", f"aliases.{column}", [*others, likely] if likely else None)


def _lengths(ids: Sequence[str]) -> str:
    lengths = sorted({len(text) for text in ids if text})
    return "-".join(map(str, dict.fromkeys((lengths[0], lengths[-1])))) if lengths else "0"
