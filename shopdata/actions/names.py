"""Spiders and datasets go by names that look alike: a command takes either where only one thing can be meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scrapy.spiderloader import SpiderLoaderProtocol, get_spider_loader
from scrapy.utils.project import get_project_settings

from shopdata.config import Config
from shopdata.exceptions import ArgumentError
from shopdata.periods import PeriodKind
from shopdata.texts import did_you_mean


def as_spider(loader: SpiderLoaderProtocol, name: str, arguments: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The spider that is meant, and its arguments: a dataset of several says by its name which period.

    Raises:
        ArgumentError: there is none, or `arguments` has another period.
    """
    if name in loader.list():
        return name, dict(arguments)
    known = _datasets_by_spider(loader)
    for spider, datasets in known.items():
        for kind, dataset in datasets.items():
            if dataset == name:
                return spider, _with_period(name, kind, arguments)
    names = sorted({*known, *(dataset for datasets in known.values() for dataset in datasets.values())})
    raise ArgumentError(
        f"there is no spider {name!r}, and no dataset",
        expected=f"one of: {', '.join(sorted(loader.list()))}",
        todo=did_you_mean(name, names, "Fix its name.", "`{}`"),
    )


def as_datasets(config: Config, name: str) -> tuple[str, ...]:
    """The datasets that are meant: the one of this name, or all that the spider of this name collects.

    Raises:
        ArgumentError: there is neither.
    """
    if name in config.datasets:
        return (name,)
    # Only now: it imports all spiders, and what they are made of.
    known = _datasets_by_spider(get_spider_loader(get_project_settings()))
    if name not in known:
        # Says which there are.
        config.dataset(name)
    return tuple(known[name].values())


def as_dataset(config: Config, name: str) -> str:
    """The one dataset that is meant.

    Raises:
        ArgumentError: there is none, or the spider of this name collects several.
    """
    datasets = as_datasets(config, name)
    if len(datasets) > 1:
        raise ArgumentError(
            f"{name!r} is a spider that collects several datasets, and one is to be named",
            expected=" or ".join(datasets),
            todo="Write one of these.",
        )
    return datasets[0]


def _datasets_by_spider(loader: SpiderLoaderProtocol) -> dict[str, Mapping[PeriodKind, str]]:
    spiders: dict[str, Any] = {name: loader.load(name) for name in loader.list()}
    return {name: getattr(spider, "datasets", None) or {"day": name} for name, spider in spiders.items()}


def _with_period(dataset: str, kind: PeriodKind, arguments: Mapping[str, str]) -> dict[str, str]:
    given = arguments.get("period", kind)
    if given != kind:
        raise ArgumentError(
            f"each period of {dataset!r} is a {kind}",
            where="-a period",
            found=repr(given),
            expected=kind,
            todo="Leave it out, or name the spider in place of the dataset.",
        )
    return {**arguments, "period": kind}
