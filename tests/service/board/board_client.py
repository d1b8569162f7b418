"""A program that asks the board as a browser does that runs no scripts."""

from __future__ import annotations

import http.client
import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode, urljoin

from board_world import PASSWORD, USER, BoardWorld
from playwright.sync_api import BrowserContext


@dataclass
class Answer:
    """What came back. `text` is the body as UTF-8."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def visible(self) -> str:
        """The text without its tags, blanks joined."""
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", self.text)).strip()


@dataclass
class Client:
    """A program that asks the board. It keeps cookies as a browser does, unless it is told not to."""

    port: int
    folder: Path
    cookies: dict[str, str] = field(default_factory=dict)
    user: str = USER
    password: str = PASSWORD
    here: str = "/"

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self,
        method: str,
        path: str,
        form: Mapping[str, str] | bytes | None = None,
        *,
        is_signed_in: bool = True,
        **headers: str,
    ) -> Answer:
        """`form` are fields, or a body as it is sent; `headers` are written with `_` for `-`. A relative address is
        seen from the page that was shown last."""
        path = path if path.startswith("/") else urljoin(self.here, path)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if is_signed_in:
            sent["Authorization"] = basic(self.user, self.password)
        if self.cookies:
            sent.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        body = None if form is None else form if isinstance(form, bytes) else urlencode(form)
        if body is not None:
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or ():
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            sent_to = answer.headers["Location"]
            if sent_to is not None:
                answer.headers.replace_header("Location", urljoin(path, sent_to))
            elif method == "GET" and answer.headers.get_content_type() == "text/html":
                self.here = path
            return Answer(answer.status, dict(answer.headers), answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def press(self, page: str, action: str, **values: str) -> Answer:
        """Sends the form of a page that goes to this action and has these values, as a browser without scripts does."""
        shown = self.get(page)
        forms = [form for form in forms_of(shown.text) if form.action.endswith(f"/do/{action}")]
        found = [form for form in forms if values.items() <= form.values.items()]
        assert found, f"no button for {action} {values} among {[form.values for form in forms]}"
        return self.ask("POST", urljoin(page, found[0].action), found[0].values)

    def calls(self) -> list[dict]:
        """What the service was told to do since the last time that this was asked."""
        path = self.folder / "calls.jsonl"
        if not path.exists():
            return []
        lines = path.read_text("utf-8").splitlines()
        path.unlink()
        return [json.loads(line) for line in lines]


def basic(user: str, password: str) -> str:
    """The header by which programs sign in."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


@dataclass
class Form:
    action: str
    values: dict[str, str] = field(default_factory=dict)


def forms_of(html: str) -> list[Form]:
    """The forms of a page that are sent by POST."""
    found: list[Form] = []

    class Parser(HTMLParser):
        is_inside = False

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            values = dict(attributes)
            if tag == "form" and values.get("method") == "post":
                self.is_inside = True
                found.append(Form(values["action"] or ""))
            elif tag == "input" and self.is_inside:
                found[-1].values[values["name"] or ""] = values.get("value") or ""

        def handle_endtag(self, tag: str) -> None:
            if tag == "form":
                self.is_inside = False

    Parser().feed(html)
    return found


def attributes_of(html: str) -> list[tuple[str, str]]:
    """Every (tag, attribute) of a page."""
    found: list[tuple[str, str]] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            found.extend((tag, name) for name, _ in attributes)

    Parser().feed(html)
    return found


Serve = Callable[[BoardWorld], Client]
#: Makes a browser of somebody who is signed in; options are Playwright's.
NewContext = Callable[..., BrowserContext]
