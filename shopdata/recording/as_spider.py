"""A recipe as a spider in Python, for whoever wants to change more than a recipe can say."""

from __future__ import annotations

import pprint
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from shopdata.config.folder import project_folder
from shopdata.exceptions import UsageError
from shopdata.files import write_durably
from shopdata.periods import PeriodKind

_SPIDER = '''"""{title}: recorded on {day}, and not proven yet.

`scrapy rehearse {name}` compares a third day with an export by hand.
"""

from shopdata.config.recipes import Recipe
from shopdata.crawling.recipes.spider import RecipeSpider


class {class_name}(RecipeSpider):
    """The steps are a recipe's (docs/recipes.md); `collect` may do more than they can say."""

    name = "{name}"
    platform = "{platform}"
    datasets = {{"{kind}": "{name}"}}
    in_browser = {in_browser}
    recipe = Recipe.model_validate(
{steps}
    )
'''


def spider_path(module: str, name: str) -> Path:
    """Where it goes. Raises UsageError where that is not within the project."""
    found = find_spec(module)
    folder = Path(found.origin).parent if found is not None and found.origin else None
    if folder is None or not folder.resolve().is_relative_to(project_folder().resolve()) or not folder.is_dir():
        raise UsageError(
            "the project's spiders lie in an installed package",
            where="NEWSPIDER_MODULE",
            found=module,
            todo="Set NEWSPIDER_MODULE to a package of your own project, or write a recipe: leave --as out.",
        )
    return folder / f"{name}.py"


def write_spider(
    path: Path, recipe: Mapping[str, Any], *, name: str, title: str, platform: str, kind: PeriodKind, day: str,
    in_browser: bool,
) -> None:  # fmt: skip
    """Writes it. Raises UsageError where there is a file of this name."""
    if path.exists():
        raise UsageError("there is a spider of this name", where=str(path), todo="Record it under another name.")
    class_name = "".join(part.capitalize() for part in name.split("_")) + "Spider"
    steps = pprint.pformat(dict(recipe), width=100, sort_dicts=False)
    text = _SPIDER.format(
        name=name,
        title=title.replace('"', "").replace("\\", ""),
        platform=platform,
        kind=kind,
        day=day,
        in_browser=in_browser,
        class_name=class_name,
        steps="\n".join(f"        {line}" for line in steps.splitlines()),
    )
    write_durably(path, text.encode())
