"""From a page's values to HTML: every value is escaped, every text comes from the catalogue."""

from __future__ import annotations

import hashlib
import importlib.resources
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shopdata.alerts.names import dataset_name, platform_name
from shopdata.service.board import states
from shopdata.service.board.addresses import TOLD
from shopdata.service.board.notes import in_short, tip
from shopdata.service.board.visit import Visit
from shopdata.wording.texts import TAGS, catalogue

_STATIC = ("base.css", "board.css", "board.js", "live.css", "live.js", "shops.css", "trends.css")


@dataclass(frozen=True)
class RenderedPage:
    """A template and what is put into it. `title` is plain text, `section` the entry of the menu that it belongs to."""

    template: str
    title: str
    section: str
    values: Mapping[str, Any] = field(default_factory=dict)
    #: True where a button has done its work, and shows what came of it once; a form that comes back has done nothing.
    is_done: bool = False


class Renderer:
    """The templates of this package, also out of a zipped egg."""

    def __init__(self, has_nodes: Callable[[], bool] = lambda: False) -> None:
        """Takes whether there are machines to show: asked for each page that has a menu."""
        self._has_nodes = has_nodes
        # `scrapy status` knows what a page holds, and renders none.
        from jinja2 import Environment, PackageLoader, StrictUndefined

        self._environment = Environment(
            loader=PackageLoader("shopdata.service.board"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        folder = importlib.resources.files("shopdata.service.board") / "static"
        self._files = {
            name: f"static/{name}?v={hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]}" for name in _STATIC
        }

    def part(self, visit: Visit, template: str, values: Mapping[str, Any]) -> bytes:
        """Some pieces of a page."""
        return self._environment.get_template(f"{template}.html").render(t=visit.texts, visit=visit, **values).encode()

    def page(self, visit: Visit, page: RenderedPage) -> bytes:
        """A page as UTF-8 HTML."""
        # Light starts again: it draws with what jinja2 brings along.
        from shopdata.service.board.squares import Squares

        words = {state: visit.texts(f"state.{state}.word") for state in states.ALL}
        template = self._environment.get_template(f"{page.template}.html")
        languages = [(code, catalogue(code)["language.name"], visit.here(lang=code)) for code in TAGS]
        return template.render(
            t=visit.texts,
            visit=visit,
            page=page,
            assets={name: f"{visit.mount}/{file}" for name, file in self._files.items()},
            languages=languages,
            words=words,
            squares=Squares(visit),
            dataset_name=dataset_name,
            platform_name=platform_name,
            told_kinds=TOLD,
            has_nodes=bool(visit.user) and self._has_nodes(),
            in_short=in_short,
            tip=tip,
            zip=zip,
            **page.values,
        ).encode()

    def trouble(self, visit: Visit, kind: str, sentence: str) -> bytes:
        """A page that says what went wrong and what to do."""
        values = {"kind": kind, "sentence": sentence}
        return self.page(visit, RenderedPage("trouble", visit.texts(f"trouble.{kind}.title"), "", values))
