"""The step that opens a page of the portal, or goes through one to another part of it, without a browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from scrapy import Selector
from scrapy.http import Response

from shopdata.config.recipes import OpenStep
from shopdata.crawling.recipes.cell import RecipeCell
from shopdata.exceptions import OddAnswerError

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 10
#: Where a value may stand in a page, by the word before the colon.
_PLACES = {
    "input": "//input[@name=$name]/@value",
    "meta": "//meta[@name=$name or @property=$name]/@content",
}


async def open_page(cell: RecipeCell, step: OpenStep) -> Mapping[str, Any]:
    """What is taken out of the page at the end of all redirects; cookies that are set on the way belong to the session.

    Raises:
        ForbiddenHostError: a redirect leads to a host that is not the portal's.
        OddAnswerError: it ends elsewhere, or the page does not hold what is taken.
    """
    cell.step("ask")
    request, client = cell.request(step.request, cell.scope), cell.spider.client(cell.shop)
    for _ in range(_MOST_REDIRECTS):
        request.meta.update(
            shopdata_session=True,
            shopdata_opens=True,
            handle_httpstatus_list=_REDIRECTS,
        )
        response = await client.ask(request)
        location = (response.headers.get("Location") or b"").decode("latin-1")
        if response.status not in _REDIRECTS or not location:
            break
        url = urljoin(response.url, location)
        cell.check_host(url)
        request = request.replace(url=url, method="GET", body=b"")
    else:
        raise _odd(cell, response, "it goes in circles", f"more than {_MOST_REDIRECTS} redirects")
    if step.until is not None and not urlsplit(response.url).path.startswith(cell.scope.text(step.until)):
        raise _odd(cell, response, "it ends elsewhere", urlsplit(response.url).path, cell.scope.text(step.until))
    return {name: _value_in(cell, response, place) for name, place in step.take.items()}


def _value_in(cell: RecipeCell, response: Response, place: str) -> str:
    kind, _, name = place.partition(":")
    if kind == "url":
        found = parse_qs(urlsplit(response.url).query).get(name, [])
    elif not response.body.strip():
        found = []
    else:
        page = Selector(text=response.body.decode("utf-8", "replace"))
        # A name may hold quotes, which are not in the expression then.
        found = (page.xpath(_PLACES[kind], name=name) if kind in _PLACES else page.xpath(f"//@data-{name}")).getall()
    if not found or not found[0]:
        raise _odd(cell, response, f"it has no {place}", f"{len(response.body)} bytes")
    return str(found[0])


def _odd(cell: RecipeCell, response: Response, what: str, found: str, expected: str = "") -> OddAnswerError:
    return OddAnswerError(
        f"the portal's page is not as it was: {what}",
        where=f"{cell.where}, {urlsplit(response.url).hostname}{urlsplit(response.url).path}",
        found=found,
        expected=expected,
        todo="The next run opens it again; if it stays, open it by hand: the portal has changed, correct the recipe.",
    )
