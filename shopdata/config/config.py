"""All of `pipelines_config/` in one value: who has it needs no file any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shopdata.config.alerts import Alerts
from shopdata.config.datasets import Dataset
from shopdata.config.lake import Lake
from shopdata.config.portals import Portal
from shopdata.config.recipes.recipe import Recipe
from shopdata.config.schedule import Schedule
from shopdata.config.shops import Shop
from shopdata.exceptions import ArgumentError
from shopdata.texts import did_you_mean


@dataclass(frozen=True)
class Config:
    """All of `pipelines_config/`, checked, and the shops that are kept beside it."""

    #: In the order of shops.yaml; those that are kept elsewhere follow.
    shops: tuple[Shop, ...]
    #: By platform; one without shops may be missing.
    portals: Mapping[str, Portal]
    lake: Lake
    schedule: Schedule
    datasets: Mapping[str, Dataset]
    alerts: Alerts = field(default_factory=Alerts)
    #: By the spider that each makes.
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    #: Those of them that were recorded, and that no rehearsal has proven.
    unproven: frozenset[str] = frozenset()
    #: The ids of shops that do not stand in shops.yaml; and of those that are kept, but passed over, because they do.
    kept: frozenset[str] = frozenset()
    overruled: tuple[str, ...] = ()

    def dataset(self, name: str) -> Dataset:
        """The contract of a dataset.

        Raises:
            ArgumentError: there is none of that name.
        """
        try:
            return self.datasets[name]
        except KeyError:
            raise ArgumentError(
                f"there is no dataset {name!r}",
                expected=", ".join(sorted(self.datasets)),
                todo=did_you_mean(name, self.datasets, "Fix its name.", "`{}`"),
            ) from None

    def portal(self, platform: str) -> Portal:
        """How a platform is reached. `load_config` has made sure that every platform with shops has one."""
        try:
            return self.portals[platform]
        except KeyError:
            todo = f"Add the section `{platform}:`."
            raise ArgumentError(f"there is no portal {platform!r}", where="portals.yaml", todo=todo) from None

    def shops_for(self, dataset: str) -> tuple[Shop, ...]:
        """The enabled shops that have this dataset, in the order of shops.yaml."""
        contract = self.dataset(dataset)
        return tuple(
            shop
            for shop in self.shops
            if shop.enabled
            and shop.platform == contract.platform
            and (not contract.only_where_named if shop.datasets is None else dataset in shop.datasets)
        )
