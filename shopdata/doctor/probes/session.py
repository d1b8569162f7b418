"""D4 to D7: the session and its end, as the portal tells them, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.utils.asyncio import run_in_thread

from shopdata.doctor.asking import Answer, SessionEndedError
from shopdata.doctor.examination import Examination
from shopdata.doctor.findings import Finding, Key, differs, holds, note, unseen
from shopdata.doctor.judging import moved_to
from shopdata.doctor.probes.recipes import first_requests
from shopdata.sessions.identity import open_facts
from shopdata.sessions.session import Session
from shopdata.sessions.sign_in import first_expiry, is_login_page


async def look_at_session(exam: Examination) -> None:
    """D4, D7: its cookies, the page that a sign-in lands on, and the cheapest call of the client."""
    session = exam.asker.session
    assert session is not None
    exam.add("D4", judge_cookies(session, exam))
    url, headers = exam.login.check_call(exam.portal)
    answer = await exam.asker.ask(Request(url, headers=headers, dont_filter=True), "D7")
    exam.add("D7", judge_check(exam, answer), answer)
    portal = exam.portal
    home = urlsplit(portal.login_url)
    host = next((host for host in portal.home_hosts if not host.startswith(".")), home.netloc)
    page = await exam.asker.ask(Request(f"{home.scheme}://{host}{portal.home_path}", dont_filter=True), "D4")
    exam.add("D4", judge_home(exam, page), page)


def judge_cookies(session: Session, exam: Examination) -> Finding:
    """Those without which nobody is signed in, and until when they say that they live."""
    names = sorted(session.values())
    missing = [name for name in exam.portal.session_cookies if name not in names]
    if missing:
        return differs(
            "cookie", "", exam.key("session_cookies"), names=", ".join(names) or "-", missing=", ".join(missing)
        )
    ends = first_expiry(session.cookies(), exam.portal)
    age = round((datetime.now(UTC) - session.saved_at).total_seconds() / 3600)
    return holds(
        "cookie", names=", ".join(exam.portal.session_cookies), hours=age, until=f"{ends:%Y-%m-%d}" if ends else "-"
    )


def judge_check(exam: Examination, answer: Answer) -> Finding:
    """Whether client and browser are one to the portal. Raises SessionEndedError."""
    path = urlsplit(answer.url).path
    if answer.failure:
        return unseen("answer", path, why=answer.failure)
    if (host := moved_to(answer, exam.portal)) is not None:
        return differs("moved", path, host=host)
    if (risk := exam.login.risk_in(answer, exam.portal)) is not None:
        return unseen("risk", path, said=risk.text)
    if answer.status in (404, 405, 410):
        return differs("check", "", exam.key("check_path"), path=path, status=answer.status)
    if exam.login.is_session_dead(answer, exam.portal):
        raise SessionEndedError
    if answer.status == 200 and exam.login.is_session_alive(answer):
        return holds("check", path=path)
    return differs("check", "", exam.key("check_path"), path=path, status=answer.status)


def judge_home(exam: Examination, page: Answer) -> Finding:
    """The page that a sign-in lands on. Raises SessionEndedError."""
    path = exam.portal.home_path
    if page.failure:
        return unseen("answer", path, why=page.failure)
    target = urljoin(page.url, page.location) if page.location else ""
    if target and is_login_page(target, exam.portal):
        raise SessionEndedError
    if page.status == 200:
        return holds("home", path=path)
    found = urlsplit(target).path or None
    return differs("home", "", exam.key("home_path", found), path=path, status=page.status, found=found or "-")


async def look_at_dead_session(exam: Examination) -> None:
    """D5: what the portal says to somebody who is not signed in; the same calls, without cookies."""
    url, headers = exam.login.check_call(exam.portal)
    requests = {urlsplit(url).path: Request(url, headers=headers, dont_filter=True)}
    requests |= {urlsplit(request.url).path: request for request in first_requests(exam)}
    for path, request in requests.items():
        answer = await exam.asker.ask(request, "D5", with_session=False)
        signed_in = exam.asker.answered.get((request.method, path))
        exam.add("D5", judge_dead(exam, answer, path, signed_in), answer)


def judge_dead(exam: Examination, answer: Answer, path: str, signed_in: Answer | None) -> Finding:
    """Whether a crawl would know this answer for "the session has ended".

    Args:
        signed_in: what a session was answered to the same question; None where it was not asked.
    """
    if answer.failure:
        return unseen("answer", path, why=answer.failure)
    if (host := moved_to(answer, exam.portal)) is not None or answer.status in (404, 405, 410):
        # Others tell of that.
        return unseen("answer", path, why=host or f"HTTP {answer.status}")
    data = answer.json() if not answer.is_html else None
    said = _said(data) if data is not None else "HTML"
    if exam.login.is_session_dead(answer, exam.portal):
        return holds("dead", path, said=said, status=answer.status)
    if (risk := exam.login.risk_in(answer, exam.portal)) is not None:
        return unseen("risk", path, said=risk.text)
    if answer.status == 403 or (signed_in is not None and _told(signed_in.json()) == _told(data)):
        # It is refused for something else, before anybody looks at the session.
        return note("dead_unseen", path, status=answer.status)
    return differs("dead", path, exam.key("dead_session", _sign_of(data)), said=said, status=answer.status)


def _said(data: Any) -> str:
    found = _told(data)
    return ", ".join(f"{name} {value}" for name, value in found.items())[:120] or "-"


def _told(data: Any) -> Mapping[str, Any]:
    names = ("success", "code", "status", "error_code", "errorCode", "message", "error_msg", "errorMsg", "msg")
    return {name: data[name] for name in names if name in data} if isinstance(data, dict) else {}


def _sign_of(data: Any) -> list[dict[str, Any]] | None:
    """What would say it, as `dead_session` has it: the code, where there is one."""
    found = {
        name: value for name, value in _told(data).items() if isinstance(value, int | str) and value not in (True, 0)
    }
    for name in ("error_code", "errorCode", "code", "status", "message", "msg"):
        if found.get(name):
            return [{f"$.{name}": found[name]}]
    return None


async def look_at_identity(exam: Examination) -> None:
    """D6: whose session it is, by its cookies and by what the landing page said at the sign-in."""
    session = exam.asker.session
    assert session is not None
    by_cookies = await exam.login.identity(session.values(), None, exam.portal)
    found = {**session.identity, **by_cookies}
    kept = await run_in_thread(exam.workspace.identities.of, exam.shop)
    exam.add("D6", judge_identity(found, kept, exam.shop.portal_name))


def judge_identity(found: Mapping[str, str], kept: Mapping[str, str], portal_name: str | None) -> Finding:
    """Whether it is the shop that this id had until now, and that shops.yaml says."""
    told = ", ".join(f"{fact} {value}" for fact, value in open_facts(found).items())
    if not found:
        return unseen("identity")
    key = Key("shops.yaml", "shops[].portal_name")
    if portal_name is not None and portal_name not in found.values():
        return differs("identity", "", key, found=told, expected=portal_name)
    others = {fact: kept[fact] for fact in found if fact in kept and kept[fact] != found[fact]}
    if others:
        expected = ", ".join(f"{fact} {value}" for fact, value in open_facts(others).items())
        return differs("identity", "", key, found=told, expected=expected)
    return holds("identity", found=told)
