"""A running service with the commands beside it, and people who come to it with a browser."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode, urljoin

sys.path.insert(0, str(Path(__file__).parents[1]))

from template_process import Order
from tiny_service import REPO, TinyService
from warm_process import STARTED_WITH
from workplace import begin

from shopdata.ledger import Ledger
from shopdata.ledger.acts import Act


class Place(TinyService):
    """A service, the commands beside it, and its ledger."""

    def users(self, *arguments: str, typed: str = "", asked: list[tuple[str, str]] | None = None) -> tuple[int, str]:
        """`scrapy users …`: its exit code, and all that it said.

        Args:
            asked: at a terminal, each prompt and what is typed then.
        """
        if asked is not None:
            return self._at_a_terminal(asked, "users", *arguments)
        entered, output, errors = (self.folder.with_name(f"users.{end}") for end in ("in", "out", "err"))
        for path, text in ((entered, typed), (output, ""), (errors, "")):
            path.write_text(text, "utf-8")
        kept = {name: value for name, value in self.environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
        order = Order(("users", *arguments), REPO, kept | STARTED_WITH, (entered, output, errors), umask=0o022)
        code = begin(order).wait(300)
        return code, output.read_text("utf-8") + errors.read_text("utf-8")

    def _at_a_terminal(self, asked: list[tuple[str, str]], *arguments: str) -> tuple[int, str]:
        typist = str(Path(__file__).with_name("typing_at_a_terminal.py"))
        command = [sys.executable, typist, json.dumps(asked), sys.executable, "-m", "scrapy", *arguments]
        environment = self.environment | {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        ran = subprocess.run(
            command, cwd=REPO, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        return ran.returncode, ran.stdout + ran.stderr

    def add(self, name: str, role: str) -> str:
        """A new user; their password."""
        code, said = self.users("add", name, "--role", role, "--generate")
        assert code == 0, said
        return said.rpartition(": ")[2].strip()

    def acts(self) -> list[Act]:
        """What the ledger has, the newest first."""
        with Ledger.at(self.state_dir) as ledger:
            return ledger.acts.latest(500)

    def wait_for_act(self, user: str, code: str, target: str = "", **params: str) -> Act:
        """The newest act of this kind and with these params, which is written when its answer is out already."""

        def found() -> list[Act]:
            alike = [act for act in self.acts() if (act.user, act.code, act.target) == (user, code, target)]
            return [act for act in alike if params.items() <= act.params.items()]

        self.wait_until(found, f"no act {code} of {user}")
        return found()[0]


class Browser:
    """What a browser without scripts does: keeps cookies, follows where it is sent, presses what a page offers."""

    def __init__(self, place: TinyService, **headers: str) -> None:
        self.place = place
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []
        self.headers = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "en"} | headers
        self.path = "/"
        self.status = 0
        self.text = ""

    def go(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Browser:
        """To a page, or by its form to another one; until it is sent on no more."""
        for _ in range(5):
            path = urljoin(self.path, path)
            sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
            if self.cookies:
                sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            body = None
            if form is not None:
                body = urlencode(form).encode()
                sent["Content-Type"] = "application/x-www-form-urlencoded"
            method = "GET" if form is None else "POST"
            self.status, answered, content = self.place.request(method, path, body, sent, auth="")
            # Several cookies in one answer: the last of one name would do, but each is one.
            self._take(answered.get("set-cookie", ""))
            self.path, self.text, form = path, content.decode(), None
            if self.status != 303:
                return self
            path = answered["location"]
        raise AssertionError(f"it goes round: {path}")

    def _take(self, line: str) -> None:
        if line:
            self.set_cookies.append(line)
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies.pop(name, None)
            if "max-age=0" not in line.lower():
                self.cookies[name] = value

    def forms(self) -> dict[str, dict[str, str]]:
        """Hidden fields of the page's forms by what they are for (`do/…`)."""
        found = {}
        for action, inside in re.findall(r'<form[^>]*action="[^"]*do/([^"]+)"[^>]*>(.*?)</form>', self.text, re.DOTALL):
            found[action] = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', inside))
        return found

    def sign_in(self, name: str, password: str, page: str = "/") -> Browser:
        """By the page, from where it is."""
        self.go(page)
        assert "board/login" in self.path, self.path
        return self.press("login", name=name, password=password)

    def press(self, action: str, **values: str) -> Browser:
        form = self.forms()[action] | values
        return self.go(urljoin(self.path, "/board/do/" + action), form)
