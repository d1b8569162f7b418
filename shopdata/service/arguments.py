"""What our spiders may be told, looked at before a run is queued: nobody sees one that ends at its start."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scrapy.spiderloader import SpiderLoaderProtocol

from shopdata.arguments import check_command, check_names
from shopdata.config import COMMANDS, Config
from shopdata.exceptions import ArgumentError
from shopdata.periods import PeriodKind
from shopdata.plan import Plan


class SpiderArguments:
    """The spiders of this installation, and what each collects.

    Args:
        read_config: the configuration as it stands now; blocks while it is read.
    """

    def __init__(self, spiders: SpiderLoaderProtocol, read_config: Callable[[], Config]) -> None:
        self._read_config = read_config
        classes = {name: spiders.load(name) for name in spiders.list()}
        self._planners: Mapping[str, Callable[[Config, Mapping[str, str]], Plan]] = {
            name: spider.plan_for for name, spider in classes.items() if hasattr(spider, "plan_for")
        }
        #: Spider and kind of period by the dataset that it collects.
        self.datasets: Mapping[str, tuple[str, PeriodKind]] = {
            dataset: (name, kind)
            for name, spider in classes.items()
            for kind, dataset in (getattr(spider, "datasets", None) or {"day": name}).items()
        }

    def check(self, spider: str, arguments: Mapping[str, str], config: Config | None = None) -> None:
        """Sees that a run would begin with these: names and values. Of a spider that is not here nothing is known.

        Args:
            config: by default that of now.

        Raises:
            ArgumentError: an argument is unknown, or its value can't be used.
            ConfigError: the run would find a configuration that can't be read.
        """
        self._refuse_dataset(spider)
        check_names(spider, arguments)
        if spider in COMMANDS:
            check_command(self._read_config() if config is None else config, spider, arguments)
        plan_for = self._planners.get(spider)
        if plan_for is not None:
            plan_for(self._read_config() if config is None else config, arguments)

    def is_known(self, name: str) -> bool:
        """True for a spider that collects something, and for a command that runs as one."""
        return name in COMMANDS or any(name == spider for spider, _ in self.datasets.values())

    def check_spider(self, spider: str) -> None:
        """Raises ArgumentError if there is no such spider."""
        self._refuse_dataset(spider)
        if not self.is_known(spider):
            known = sorted({name for name, _ in self.datasets.values()})
            raise ArgumentError(
                f"there is no spider {spider!r}", expected=f"one of {', '.join(known)}", todo="Fix its name."
            )

    def _refuse_dataset(self, name: str) -> None:
        """The name of one of a spider's datasets looks like its own."""
        spider, kind = self.datasets.get(name, (name, ""))
        if spider != name:
            raise ArgumentError(
                f"{name!r} is a dataset, and a run names its spider",
                expected=f"the spider {spider!r}, with the argument period={kind}",
                todo="Write it so.",
            )

    def dataset_of(self, spider: str, arguments: Mapping[str, object]) -> str:
        """What a spider collects when it is called so; "" if there is no such spider or period."""
        # Without a period it is the spider's first.
        kinds = ((dataset, kind) for dataset, (name, kind) in self.datasets.items() if name == spider)
        return next((dataset for dataset, kind in kinds if arguments.get("period", kind) == kind), "")
