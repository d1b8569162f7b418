"""How a probe asks: a request of the shop's, through the middlewares of a crawl, whose answer comes as it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response
from scrapy.utils.asyncio import run_in_thread

from shopdata.crawling.portal_client import PortalClient
from shopdata.doctor.fixtures import Fixtures
from shopdata.exceptions import ShopdataError
from shopdata.sessions.session import Session
from shopdata.sessions.sign_in import PortalAnswer

#: Codes that say "too often", in an answer's own words (docs/portals.md 3.5, 8.11).
_TOO_OFTEN = ("54001", "601")
#: So much of an answer is searched for them, in bytes.
_SEARCHED = 4096


class SessionEndedError(Exception):
    """Raised at the first answer to a session that says that it has ended: nothing more is asked with it."""


@dataclass(frozen=True)
class Answer(PortalAnswer):
    """A portal's answer, whatever its status; `failure` says why there is none.

    Args:
        date: the header `Date`.
        fixture: the file that it was saved in; "" for none.
    """

    date: str = ""
    failure: str = ""
    fixture: str = ""


class Asker:
    """Asks for one shop, one request after the other, and keeps what came.

    Args:
        client: the shop's; pace and proxy are the middlewares' business.
        session: the shop's; None where it has none.
        agent: what requests call themselves where the session does not say it.
        fixtures: where answers are saved.
    """

    def __init__(
        self,
        client: PortalClient,
        session: Session | None,
        agent: str,
        fixtures: Fixtures,
    ) -> None:
        self._client, self._agent, self._fixtures = client, agent, fixtures
        self.session = session
        #: What was answered that says "too often": `429`, `54001` …, and how many answers there were in all.
        self.refused: Counter[str] = Counter()
        self.count = 0
        #: What the shop's session was answered, by method and path.
        self.answered: dict[tuple[str, str], Answer] = {}

    async def ask(self, request: Request, probe: str, *, with_session: bool = True, is_file: bool = False) -> Answer:
        """The answer to one request, asked once: nobody on the way signs in anew, cools down or asks again.

        Args:
            probe: whose question it is.
            with_session: False for a question that nobody is signed in for.
            is_file: True if the answer may be as large as a report.
        """
        request.meta.update(handle_httpstatus_all=True, dont_redirect=True, shopdata_repeatable=False)
        if "shopdata_signed_page" in request.meta:
            # The page has a session of its own; what is sent once is not sent with a new one.
            request.meta["shopdata_session"] = True
        else:
            session = self.session if with_session else None
            request.headers["User-Agent"] = (self.session.user_agent if self.session else "") or self._agent
            if session is not None and (cookies := session.cookie_header(request.url)):
                request.headers["Cookie"] = cookies
        answer = await self._ask(request, is_file=is_file)
        return self._kept(answer, request, probe, with_session=with_session and self.session is not None)

    async def _ask(self, request: Request, *, is_file: bool) -> Answer:
        try:
            response = await (self._client.ask_file(request) if is_file else self._client.ask(request))
            wire = self._client.last if is_file else None
            body = response.body if wire is None else await run_in_thread(wire.whole)
        except ShopdataError as error:
            return Answer(0, request.url, "", "", b"", failure=str(error.found or error.what))
        return Answer(
            status=response.status,
            url=response.url,
            content_type=_header(response, "Content-Type").lower(),
            location=_header(response, "Location"),
            body=body,
            date=_header(response, "Date"),
        )

    def _kept(self, answer: Answer, request: Request, probe: str, *, with_session: bool) -> Answer:
        self.count += 1
        if answer.status == 429:
            self.refused["429"] += 1
        start = answer.body[:_SEARCHED]
        self.refused.update(code for code in _TOO_OFTEN if f":{code}".encode() in start.replace(b" ", b""))
        fixture = self._fixtures.keep(probe, request, answer, with_session=with_session)
        answer = replace(answer, fixture=fixture)
        if with_session:
            self.answered[request.method, urlsplit(request.url).path] = answer
        return answer


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1")
