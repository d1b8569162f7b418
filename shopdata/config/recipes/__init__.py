"""recipes/<dataset>.yaml: a report as data, the steps that lead to its file (docs/recipes.md).

What a recipe says and whether it is well said stands here; who carries it out is `crawling.recipes`.
"""

from shopdata.config.recipes.jobs import JobStep
from shopdata.config.recipes.lists import EachStep, PagesStep
from shopdata.config.recipes.recipe import Recipe, read_heads
from shopdata.config.recipes.requests import Request
from shopdata.config.recipes.steps import AskStep, FileStep, OpenStep, Step

__all__ = [
    "AskStep",
    "EachStep",
    "FileStep",
    "JobStep",
    "OpenStep",
    "PagesStep",
    "Recipe",
    "Request",
    "Step",
    "read_heads",
]
