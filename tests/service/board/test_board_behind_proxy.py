"""The board below a path of a company's reverse proxy, which takes the path away: every link and button leads on."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from board_client import Client, forms_of
from reverse_proxy import reverse_proxy

pytestmark = pytest.mark.services

#: Two names, so that nobody gets by with one step up too many.
PREFIX = "/tools/shopdata"


@pytest.fixture(scope="module")
def proxied(served: Client) -> Iterator[Client]:
    """As nginx with `location /tools/shopdata/ { proxy_pass http://127.0.0.1:PORT/; }`."""
    with reverse_proxy(served.port, below=PREFIX, patience_seconds=300) as proxy:
        yield Client(proxy.port, served.folder)


def addresses_in(html: str, here: str) -> set[str]:
    """Where a page leads, as a browser resolves it."""
    found: set[str] = set()

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            values = dict(attributes)
            for name in ("href", "src", "action"):
                if tag != "form" or values.get("method") != "post":
                    if (value := values.get(name)) is not None:
                        found.add(urldefrag(urljoin(here, value)).url)
                elif name == "action":
                    assert urljoin(here, values["action"] or "").startswith(f"{PREFIX}/board/do/")

    Parser().feed(html)
    return found


def test_every_link_leads_on(proxied: Client) -> None:
    waiting, seen, kinds = [f"{PREFIX}/", f"{PREFIX}/board", f"{PREFIX}/board/"], set(), set()
    while waiting:
        address = waiting.pop(0)
        # One of each kind of page, and its questions: hundreds of cells look alike.
        parts = urlsplit(address)
        kind = (*parts.path.split("/")[3:5], parts.path.count("/"), parts.path.rpartition("/")[2][-4:], parts.query)
        seen.add(address)
        if kind in kinds or len(kinds) > 150:
            continue
        kinds.add(kind)
        assert parts.path.startswith(f"{PREFIX}/"), f"{address} leads out of the board"
        answer = proxied.get(address)
        if answer.status == 303:
            address = answer.headers["Location"]
            answer = proxied.get(address)
        assert answer.status == 200, f"{address}: {answer.status}"
        if answer.headers["Content-Type"].startswith("text/html"):
            waiting += sorted(addresses_in(answer.text, address) - seen)
    assert {kind[1] for kind in kinds} >= {"days", "cell", "partition", "runs", "sessions", "schedule", "static"}


@pytest.mark.parametrize("page", ["/", "/board/schedule"])
def test_a_button_works(proxied: Client, page: str) -> None:
    here = f"{PREFIX}{page}"
    form = next(form for form in forms_of(proxied.get(here).text) if form.values.get("job") == "pdd_chat")
    proxied.calls()
    origin = {"Origin": "http://tools.example", "Sec_Fetch_Site": "same-origin"}
    answer = proxied.ask("POST", urljoin(here, form.action), form.values, **origin)
    assert answer.status == 303, answer.visible
    assert answer.headers["Location"].startswith(f"{PREFIX}/board/runs?told=queued")
    assert proxied.calls()[0]["action"] == "run_now"
    assert proxied.get(answer.headers["Location"]).status == 200
