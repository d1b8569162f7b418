"""One cell of a recipe: its requests, made and sent as those of every spider, and what their answers hold."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from scrapy import Request
from scrapy.http import JsonRequest

from shopdata.config import Shop, platform_named
from shopdata.config.recipes import Recipe
from shopdata.config.recipes import Request as Asked
from shopdata.config.recipes.paths import NoSuchPlaceError, value_at
from shopdata.config.recipes.signs import BorrowSign, ClickSign, RewriteSign
from shopdata.crawling.page_signs import Borrowed, PageSign, Pressed
from shopdata.crawling.paged_list import PagedSpider
from shopdata.crawling.recipes.dialect import Dialect, Refusal
from shopdata.crawling.recipes.scope import Scope
from shopdata.crawling.report_jobs.refusals import refused_order
from shopdata.exceptions import ForbiddenHostError, OddAnswerError, PortalError
from shopdata.items import ReportFile
from shopdata.periods import Period


class RefusedError(PortalError):
    """Raised where an answer is a clear no; `refusal` is what it says."""

    refusal = Refusal("")


class RecipeCell:
    """What all steps of a cell have in common.

    Args:
        spider: whose plan, clients and limits these are.
    """

    def __init__(self, spider: PagedSpider, recipe: Recipe, dialect: Dialect, shop: Shop, period: Period) -> None:
        self.spider, self.shop, self.period = spider, shop, period
        self.recipe, self._dialect = recipe, dialect
        self.scope = Scope(spider.platform, spider.portal, period)
        self.where = f"shop {shop.id!r}, {period.dt}"

    @property
    def item(self) -> ReportFile:
        """A new item; its file is still to be written."""
        return self.spider.report_file(self.shop, self.period)

    def step(self, what: str) -> None:
        """Tells what is being done."""
        self.spider.step(self.shop, self.period, what)

    # -- asking -----------------------------------------------------------------------------------------------------

    async def ask(
        self,
        asked: Asked,
        scope: Scope | None = None,
        *,
        repeatable: bool | None = None,
        may_leave: Callable[[], Awaitable[None]] | None = None,
        as_it_came: bool = False,
    ) -> Any:
        """What a good answer holds: `$` of the recipe.

        Args:
            as_it_came: its texts go into a raw file.
            repeatable: by default as the request says.
            may_leave: as `PortalClient.ask_json` has it.

        Raises:
            RefusedError: the portal said no, whatever the HTTP status was.
            NotReadyError: it said no because there is no data of the period yet.
            OddAnswerError: neither a no nor what `ok` expects.
        """
        request = self.request(asked, scope or self.scope)
        is_repeatable = asked.repeatable if repeatable is None else repeatable
        client, dialect = self.spider.client(self.shop), self._dialect
        answer = await client.ask_json(request, repeatable=is_repeatable, may_leave=may_leave, as_it_came=as_it_came)
        sign = request.meta.get("shopdata_sign")
        if isinstance(sign, Borrowed) and is_repeatable and not self._is_good(asked, answer):
            # What was borrowed may have had its time: once more with what the page says now.
            request = self.request(asked, scope or self.scope)
            request.meta["shopdata_sign"] = replace(sign, is_afresh=True)
            answer = await client.ask_json(request, repeatable=True, as_it_came=as_it_came)
        where = f"shop {self.shop.id!r}, {request.url.partition('?')[0]}"
        if (refusal := dialect.refusal(answer)) is not None:
            texts, name = self.spider.portal.not_ready_texts, platform_named(self.spider.platform).title("en")
            if any(text in refusal.said for text in texts):
                raise refused_order(refusal.said, refusal.code, texts, name, where=self.where)
            raise _refused(refusal, where)
        content = dialect.content(answer)
        for path, found, wanted in _misses(asked, content):
            raise OddAnswerError(
                "the portal's answer is not as good ones were",
                where=where,
                found=f"{path} is {found[:80]!r}",
                expected=repr(wanted),
                todo="The next run asks again; if it stays, look at the same page in the back office.",
            )
        return content

    def _is_good(self, asked: Asked, answer: Mapping[str, Any]) -> bool:
        dialect = self._dialect
        return dialect.refusal(answer) is None and not list(_misses(asked, dialect.content(answer)))

    def take(self, asked: Asked, content: Any) -> Mapping[str, Any]:
        """What later steps need of an answer. Raises OddAnswerError where it is not there."""
        taken = {}
        for name, path in asked.take.items():
            try:
                taken[name] = value_at(content, path)
            except NoSuchPlaceError as error:
                raise OddAnswerError(
                    f"the portal's answer has no {path}, which is taken as {name!r}",
                    where=f"{self.where}, {urlsplit(self.scope.text(asked.address)).path}",
                    found=str(error),
                    todo="The next run asks again; if it stays, the portal has changed: correct the recipe.",
                ) from None
        return taken

    # -- requests ---------------------------------------------------------------------------------------------------

    def request(self, asked: Asked, scope: Scope) -> Request:
        """The request with all that is known filled in.

        Raises:
            ForbiddenHostError: its host is not the portal's.
        """
        url = self.address(asked.address, scope)
        if asked.query:
            query = {name: value for name, value in scope.fill(asked.query).items() if value is not None}
            url += ("&" if "?" in url else "?") + urlencode(query, doseq=True)
        headers = {**self._dialect.headers, **scope.fill(asked.headers)}
        if asked.form is not None:
            body, headers["Content-Type"] = written_form(scope.fill(asked.form), is_multipart=asked.multipart)
            request = Request(url, method="POST", body=body, headers=headers, dont_filter=True)
        elif asked.body is not None:
            request = JsonRequest(url, data=scope.fill(asked.body), headers=headers, dont_filter=True)
        else:
            request = Request(url, method=asked.method, headers=headers, dont_filter=True)
        head = self.recipe.recipe
        sign = asked.sign or head.sign
        if sign != "none":
            assert head.page is not None
            request.meta["shopdata_signed_page"] = scope.text(head.page)
        if not isinstance(sign, str):
            request.meta["shopdata_sign"] = page_sign(sign, scope)
        return request

    def address(self, template: str, scope: Scope) -> str:
        """An address of the portal. An answer may name one, and not lead the session elsewhere."""
        url = urljoin(self.spider.portal.login_url, scope.text(template))
        self.check_host(url)
        return url

    def check_host(self, url: str) -> None:
        """Raises ForbiddenHostError for an address that is not the portal's."""
        portal = self.spider.portal
        hosts = {urlsplit(address).netloc for address in portal.addresses}
        if urlsplit(url).netloc not in hosts and not portal.allows_download(url):
            raise ForbiddenHostError(
                "an address of the portal leads to a host that is not allowed",
                code="download_host_forbidden",
                params={"host": urlsplit(url).netloc},
                where=self.where,
                found=urlsplit(url).netloc,
                expected=", ".join(sorted({*hosts, *portal.download_hosts})),
                todo="If the portal has moved there, correct its section of portals.yaml.",
            )


def written_form(form: Mapping[str, Any], *, is_multipart: bool) -> tuple[bytes, str]:
    """A form as a body, and the type that says so."""
    if not is_multipart:
        return urlencode(form, doseq=True).encode(), "application/x-www-form-urlencoded"
    # Few recipes send one, and every command that lists spiders comes by here.
    from urllib3.filepost import encode_multipart_formdata

    pairs = [
        (name, str(one)) for name, value in form.items() for one in (value if isinstance(value, list) else [value])
    ]
    return encode_multipart_formdata(pairs)


def _misses(asked: Asked, content: Any) -> Iterator[tuple[str, str, str]]:
    """Where an answer is not as good ones are, what stands there, and what should."""
    for path, wanted in asked.ok.items():
        found = None
        with suppress(NoSuchPlaceError):
            found = value_at(content, path)
        if _plain(found) != _plain(wanted):
            yield path, _plain(found), _plain(wanted)


def page_sign(sign: BorrowSign | RewriteSign | ClickSign, scope: Scope) -> PageSign:
    """What a recipe says, with all that is known filled in."""
    if isinstance(sign, BorrowSign):
        return Borrowed(sign.borrow, sign.seconds)
    fill = {selector: scope.text(text) for selector, text in sign.fill.items()}
    press = tuple(scope.text(word) for word in sign.press)
    return Pressed(fill, press, isinstance(sign, RewriteSign), sign.seconds)


def _refused(refusal: Refusal, where: str) -> RefusedError:
    error = RefusedError(
        "the portal said no",
        params={"said": refusal.said, "code": refusal.code},
        where=where,
        found=f"code {refusal.code}, message {refusal.said[:80]!r}",
        todo="The next run asks again; if it stays, look at the same page in the back office.",
    )
    error.refusal = refusal
    return error


def _plain(value: Any) -> str:
    """As it is compared: portals write a number as a text, and a truth as either."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
