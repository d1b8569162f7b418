"""What a recipe asks for a day, whatever its steps are called: for comparing two of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any

from kept_journals import HOSTS, dialects
from person import shown

from shopdata.config.recipes import AskStep, EachStep, FileStep, JobStep, OpenStep, PagesStep, Recipe, Request
from shopdata.crawling.recipes.scope import Scope

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class _Row(dict[str, str]):
    """A row that has every field."""

    def get(self, name: str, default: Any = None) -> Any:
        return f"<row {name}>"


def asked(recipe: dict[str, Any], day: date, hosts: Mapping[str, str] = HOSTS) -> list[Any]:
    """Every request for that day, and what tells one's own report and its end; what was taken stands as its place."""
    found = Recipe.model_validate(recipe)
    known = dialects(recipe["recipe"]["dataset"], hosts)[0]
    portal: Any = SimpleNamespace(**known.origins, chat_page_path="/mms-chat/search?msfrom=mms_sidenav")
    scope = Scope(known.platform, portal, shown(recipe["recipe"]["dataset"], day))
    told: list[Any] = []

    def ask(request: Request, page: int | None = None) -> None:
        at = scope.at_page(page)
        queries = {name: str(value) for name, value in at.fill(request.query).items()}
        body = at.fill(request.form) if request.form is not None else at.fill(request.body)
        body = {"multipart": body} if request.multipart else body
        sign = request.sign or found.recipe.sign
        sign = sign if isinstance(sign, str) else sign.model_dump()
        text = json.dumps([request.method, at.text(request.address), queries, body, sign], ensure_ascii=False)
        told.append(_UUID.sub("<uuid>", text))

    for step in found.steps:
        match step:
            case JobStep():
                ask(step.create)
                its = {name: f"<{place}>" for name, place in step.create.take.items()}
                scope.taken[step.job] = {"id": f"<{step.find.rows} {step.find.id}>", **its}
                ask(step.find)
                ends = [step.find.rows, step.find.id, *map(str, (*step.status.working, "/", *step.status.done))]
                told.append([*ends, step.find.made and step.find.made.at, step.find.name])
                scope.taken[step.job] |= {name: f"<{place}>" for name, place in step.take.items()}
                if step.link is not None:
                    ask(step.link)
                    scope.taken[step.job] |= {name: f"<{place}>" for name, place in step.link.take.items()}
            case PagesStep():
                ask(step, 7)
                told.append([step.pages.rows, step.pages.size, step.pages.first])
            case EachStep():
                scope.taken[step.each.row] = _Row()
                ask(step.do, 7)
                told.append([step.each.id, step.rows_by, step.do.pages.rows, step.do.pages.size, step.do.pages.id])
            case FileStep():
                told.append([step.file, None if step.link is None else scope.text(step.link)])
                if step.link is None:
                    ask(step)
            case AskStep():
                ask(step)
                scope.taken[step.ask] = {name: f"<{place}>" for name, place in step.take.items()}
            case OpenStep():
                ask(step.request)
                scope.taken[step.open] = {name: f"<{place}>" for name, place in step.take.items()}
    if found.recipe.page:
        told.append(scope.text(found.recipe.page))
    # A placeholder of the job's own name differs with the job's.
    return json.loads(re.sub(r"\{\w+\.name\}", "{job.name}", json.dumps(told)))
