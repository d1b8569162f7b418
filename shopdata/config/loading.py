"""Finds `pipelines_config/`, reads all of it, and says every mistake at once."""

from __future__ import annotations

import difflib
import importlib.resources
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from shopdata.config.alerts import Alerts, unknown_datasets
from shopdata.config.datasets import Dataset
from shopdata.config.env_values import odd_settings
from shopdata.config.lake import Lake
from shopdata.config.mistakes import as_sentence, duplicate_keys
from shopdata.config.model import Model
from shopdata.config.platforms import platform_problems, portals_model
from shopdata.config.portals import Portal
from shopdata.config.schedule import Schedule
from shopdata.config.shops import Shop, Shops
from shopdata.config.yaml_source import YamlSource, read_yaml
from shopdata.exceptions import ArgumentError, ConfigError, UsageError
from shopdata.network import read_network
from shopdata.texts import did_you_mean

_OPTIONAL_FILES = frozenset({"schedule.yaml", "alerts.yaml"})

#: Those that settings read; what a file names as `${NAME}` is looked at there.
OWN_VARIABLES = tuple(
    f"SHOPDATA_{name}"
    for name in (
        "BROWSER_PATH",
        "CONFIG_DIR",
        "DATABASE_URL",
        "LANGUAGE",
        "SECRET_KEY",
        "SERVICE_BIND",
        "SERVICE_HOSTS",
        "SERVICE_NOW",
        "SERVICE_PASSWORD",
        "SERVICE_PORT",
        "SERVICE_USERNAME",
        "STATE_DIR",
        "WORKERS",
    )
)

AnyModel = TypeVar("AnyModel", bound=Model)


@dataclass(frozen=True)
class Config:
    """All of `pipelines_config/`, checked."""

    shops: tuple[Shop, ...]
    #: By platform; one without shops may be missing.
    portals: Mapping[str, Portal]
    lake: Lake
    schedule: Schedule
    datasets: Mapping[str, Dataset]
    alerts: Alerts = field(default_factory=Alerts)

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
        platform = self.dataset(dataset).platform
        return tuple(
            shop
            for shop in self.shops
            if shop.enabled and shop.platform == platform and (shop.datasets is None or dataset in shop.datasets)
        )


def file_models() -> dict[str, type[Model]]:
    """Every file of the folder that is read, but for the contracts of datasets."""
    return {
        "shops.yaml": Shops,
        "portals.yaml": portals_model(),
        "lake.yaml": Lake,
        "schedule.yaml": Schedule,
        "alerts.yaml": Alerts,
    }


def config_source(environ: Mapping[str, str] | None = None) -> Traversable:
    """The folder to read: `SHOPDATA_CONFIG_DIR`, else `pipelines_config` beside scrapy.cfg, else the packaged copy."""
    environ = os.environ if environ is None else environ
    chosen = environ.get("SHOPDATA_CONFIG_DIR")
    if chosen:
        return in_project(chosen)
    beside = project_folder() / "pipelines_config"
    return beside if beside.is_dir() else importlib.resources.files("pipelines_config")


def project_folder() -> Path:
    """Where scrapy.cfg stands, looked for from here upwards as Scrapy does; the current folder if there is none."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "scrapy.cfg").is_file()), here)


def in_project(path: str | Path) -> Path:
    """A path of the environment or of a setting, which is meant from scrapy.cfg's folder, wherever we stand."""
    return project_folder() / path


def load_config(folder: Traversable | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """Reads and checks every file, and what the environment says about the network: nobody is asked by a broken proxy.

    Args:
        folder: defaults to `config_source()`.
        environ: fills `${NAME}`; defaults to the process's environment.

    Raises:
        ConfigError: with every mistake in all files.
    """
    environ = os.environ if environ is None else environ
    folder = config_source(environ) if folder is None else folder
    problems: list[UsageError] = [*odd_settings(environ, OWN_VARIABLES), *read_network(environ)[1]]
    problems += platform_problems()
    if not folder.is_dir():
        missing = UsageError(
            "this folder does not exist", where=str(folder), todo="Fix SHOPDATA_CONFIG_DIR, or create it."
        )
        raise ConfigError(problems or [missing])
    models: dict[str, Any] = {}
    sources: dict[str, YamlSource] = {}
    for name, model in file_models().items():
        file = folder / name
        if not file.is_file():
            if name not in _OPTIONAL_FILES:
                problems.append(UsageError("this file is missing", where=f"{_label(folder)}/{name}", todo="Create it."))
            models[name] = model.model_construct() if name in _OPTIONAL_FILES else None
            continue
        sources[name] = _read(file, f"{_label(folder)}/{name}", environ)
        models[name] = _check(model, sources[name])
    datasets: dict[str, Dataset] = {}
    for file in dataset_files(folder):
        source = _read(file, f"{_label(folder)}/datasets/{file.name}", environ)
        sources[f"datasets/{file.name}"] = source
        dataset = _check(Dataset, source)
        if dataset is not None:
            datasets[file.name.removesuffix(".yaml")] = dataset
    for source in sources.values():
        problems += source.problems
    # A contract that is broken is told once, not again by everybody who names it.
    if not any(key.startswith("datasets/") and source.problems for key, source in sources.items()):
        if models["shops.yaml"] is not None:
            shops = models["shops.yaml"].shops
            problems += _check_shops(shops, sources["shops.yaml"], datasets, models["portals.yaml"])
        for number, name in unknown_datasets(models["alerts.yaml"] or Alerts(), datasets):
            where = sources["alerts.yaml"].place(("channels", number, "datasets"))
            problems.append(_unknown_dataset(f"the channel names the dataset {name!r}", name, where, datasets))
    if problems:
        raise ConfigError(problems)
    return Config(
        shops=models["shops.yaml"].shops,
        portals={name: portal for name, portal in models["portals.yaml"] if portal is not None},
        lake=models["lake.yaml"],
        schedule=models["schedule.yaml"],
        datasets=datasets,
        alerts=models["alerts.yaml"],
    )


def load_alerts(folder: Traversable | None = None, environ: Mapping[str, str] | None = None) -> Alerts:
    """Reads alerts.yaml alone: a person is told also when another file is broken.

    Raises:
        ConfigError: with every mistake in it.
    """
    environ = os.environ if environ is None else environ
    folder = config_source(environ) if folder is None else folder
    _, problems = read_network(environ)
    if problems:
        raise ConfigError(problems)
    if not (folder / "alerts.yaml").is_file():
        return Alerts()
    source = _read(folder / "alerts.yaml", f"{_label(folder)}/alerts.yaml", environ)
    alerts = _check(Alerts, source)
    if alerts is None or source.problems:
        raise ConfigError(source.problems)
    return alerts


def read_files() -> dict[str, YamlSource]:
    """The files that are there, but for the contracts, each as YAML has it."""
    folder = config_source()
    there = [name for name in file_models() if (folder / name).is_file()]
    return {name: _read(folder / name, f"{_label(folder)}/{name}", os.environ) for name in there}


def _label(folder: Traversable) -> str:
    return folder.name or str(folder)


def dataset_files(folder: Traversable) -> Iterator[Traversable]:
    """The files that are read as contracts of datasets, by their names."""
    datasets = folder / "datasets"
    if datasets.is_dir():
        yield from sorted((f for f in datasets.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)


def _read(file: Traversable, label: str, environ: Mapping[str, str]) -> YamlSource:
    try:
        return read_yaml(label, file.read_text(encoding="utf-8-sig"), environ)
    except (OSError, UnicodeDecodeError) as error:
        problem = UsageError(
            f"this file can't be read ({type(error).__name__})",
            where=label,
            todo="Save it as UTF-8 text, readable by us.",
        )
        return YamlSource(label, problems=[problem])


def _check(model: type[AnyModel], source: YamlSource) -> AnyModel | None:
    """The file as its model; None, with the mistakes in `source.problems`, if it is not one."""
    if source.problems and source.value is None:
        return None
    source.problems += duplicate_keys(model, source)
    try:
        return model.model_validate(source.value if source.value is not None else {})
    except ValidationError as error:
        details = error.errors(include_input=False)
        places = [detail["loc"] for detail in details]
        for detail in details:
            # A list whose parts are wrong is told as too short too; what YAML could not read is told already.
            is_echo = detail["type"] == "too_short" and any(
                len(place) > len(detail["loc"]) and place[: len(detail["loc"])] == detail["loc"] for place in places
            )
            problem = as_sentence(detail, model, source)
            if not is_echo and all(problem.where != told.where for told in source.problems):
                source.problems.append(problem)
        return None


def _check_shops(
    shops: tuple[Shop, ...], source: YamlSource, datasets: Mapping[str, Dataset], portals: Model | None
) -> Iterator[UsageError]:
    """What no single file can know: shops against datasets and portals."""
    for number, shop in enumerate(shops):
        if portals is not None and getattr(portals, shop.platform) is None:
            yield UsageError(
                f"portals.yaml has no section for the platform {shop.platform!r} of shop {shop.id!r}",
                where=source.place(("shops", number, "platform")),
                todo=f"Add `{shop.platform}:` to portals.yaml.",
            )
        for name in shop.datasets or ():
            dataset = datasets.get(name)
            if dataset is None:
                where = source.place(("shops", number, "datasets"))
                yield _unknown_dataset(f"shop {shop.id!r} names the dataset {name!r}", name, where, datasets)
            elif dataset.platform != shop.platform:
                yield UsageError(
                    f"shop {shop.id!r} is on {shop.platform!r}, but {name!r} is a dataset of {dataset.platform!r}",
                    where=source.place(("shops", number, "datasets")),
                    todo=f"Take {name!r} out of this shop's datasets.",
                )


def _unknown_dataset(what: str, name: str, where: str, datasets: Mapping[str, Dataset]) -> UsageError:
    # A spider of several has the word that they have in common.
    close = sorted(known for known in datasets if known.startswith(f"{name}_"))
    close = close or difflib.get_close_matches(name, datasets, n=1)
    return UsageError(
        f"{what}, which has no YAML",
        where=where,
        todo=f"Did you mean `{'` or `'.join(close)}`?" if close else f"Known: {', '.join(sorted(datasets))}.",
    )
