"""Finds `pipelines_config/`, reads all of it, and says every mistake at once."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from pydantic import ValidationError

from shopdata.config.across import check_shops, kept_place, unknown_dataset
from shopdata.config.alerts import Alerts, unknown_datasets
from shopdata.config.config import Config
from shopdata.config.datasets import Dataset
from shopdata.config.env_values import odd_settings
from shopdata.config.folder import config_source, dataset_files, recipe_files
from shopdata.config.lake import Lake
from shopdata.config.mistakes import as_sentence, duplicate_keys
from shopdata.config.model import Model
from shopdata.config.platforms import platform_problems, platforms, platforms_of, portals_model
from shopdata.config.recipes.checking import recipe_problems
from shopdata.config.recipes.proof import is_proven
from shopdata.config.recipes.recipe import Recipe, RecipeHead, read_heads
from shopdata.config.schedule import Schedule
from shopdata.config.shops import KeptShops, Shop, Shops, ShopsBesides
from shopdata.config.yaml_source import YamlSource, read_yaml
from shopdata.exceptions import ConfigError, UsageError
from shopdata.network import read_network

_OPTIONAL_FILES = frozenset({"schedule.yaml", "alerts.yaml"})

#: Those that settings read; what a file names as `${NAME}` is looked at there.
OWN_VARIABLES = tuple(
    f"SHOPDATA_{name}"
    for name in (
        "BOARD_URL",
        "BROWSER_PATH",
        "CONFIG_DIR",
        "DATABASE_URL",
        "LANGUAGE",
        "LEASE_SECONDS",
        "NODE_LOST_SECONDS",
        "SECRET_KEY",
        "SECRET_KEY_FILE",
        "SERVICE_BIND",
        "SERVICE_HOSTS",
        "SERVICE_NOW",
        "SERVICE_PASSWORD",
        "SERVICE_PORT",
        "SERVICE_USERNAME",
        "SESSIONS_DATABASE_URL",
        "SIGN_IN_AWAY_SECONDS",
        "SIGN_IN_SECONDS",
        "STATE_DIR",
        "WORKERS",
    )
)

AnyModel = TypeVar("AnyModel", bound=Model)


def file_models(*, needs_shops: bool = True) -> dict[str, type[Model]]:
    """Every file of the folder that is read, but for the contracts of datasets."""
    return {
        "shops.yaml": Shops if needs_shops else ShopsBesides,
        "portals.yaml": portals_model(),
        "lake.yaml": Lake,
        "schedule.yaml": Schedule,
        "alerts.yaml": Alerts,
    }


def load_config(
    folder: Traversable | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    kept: KeptShops = KeptShops(),  # noqa: B008 - frozen
    needs_shops: bool = True,
    needs_values: bool | Collection[str] = True,
) -> Config:
    """Reads and checks every file, and what the environment says about the network: nobody is asked by a broken proxy.

    Args:
        folder: defaults to `config_source()`.
        environ: fills `${NAME}`; defaults to the process's environment.
        kept: shops that stand elsewhere; where shops.yaml names one too, that counts.
        needs_shops: whether it is a mistake that there is no shop at all.
        needs_values: whether it is one that a variable is not set, or in which files it is; else its value is the
            `${NAME}` of the file, for whoever wants to know what there is and not how it is reached.

    Raises:
        ConfigError: with every mistake in all files.
    """
    environ = os.environ if environ is None else environ
    folder = config_source(environ) if folder is None else folder
    with platforms_of(folder):
        return _load_config(folder, environ, kept, needs_shops=needs_shops, needs_values=needs_values)


def _load_config(
    folder: Traversable,
    environ: Mapping[str, str],
    kept: KeptShops,
    *,
    needs_shops: bool,
    needs_values: bool | Collection[str],
) -> Config:
    problems: list[UsageError] = [*odd_settings(environ, OWN_VARIABLES), *read_network(environ)[1]]
    problems += [*platform_problems(), *kept.problems]
    needs_shops = needs_shops and not (kept.shops or kept.problems)
    if not folder.is_dir():
        missing = UsageError(
            "this folder does not exist", where=str(folder), todo="Fix SHOPDATA_CONFIG_DIR, or create it."
        )
        raise ConfigError(problems or [missing])
    models: dict[str, Any] = {}
    sources: dict[str, YamlSource] = {}
    for name, model in file_models(needs_shops=needs_shops).items():
        file = folder / name
        if not file.is_file():
            is_optional = name in _OPTIONAL_FILES or model is ShopsBesides
            if not is_optional:
                problems.append(UsageError("this file is missing", where=f"{_label(folder)}/{name}", todo="Create it."))
            models[name] = model.model_construct() if is_optional else None
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
    recipes = _read_recipes(folder, environ, sources)
    for name, source in sources.items():
        is_needed = needs_values if isinstance(needs_values, bool) else name in needs_values
        problems += (one for one in source.problems if is_needed or one not in source.unset_problems)
    own: tuple[Shop, ...] = models["shops.yaml"].shops if models["shops.yaml"] is not None else ()
    beside, overruled = kept.beside(own)
    # A contract that is broken is told once, not again by everybody who names it.
    if not any(key.startswith("datasets/") and source.problems for key, source in sources.items()):
        portals = models["portals.yaml"]
        problems += check_shops(beside, kept_place(beside), datasets, portals)
        if "shops.yaml" in sources:
            place = sources["shops.yaml"].place
            problems += check_shops(own, lambda number, key: place(("shops", number, key)), datasets, portals)
        for number, name in unknown_datasets(models["alerts.yaml"] or Alerts(), datasets):
            where = sources["alerts.yaml"].place(("channels", number, "datasets"))
            problems.append(unknown_dataset(f"the channel names the dataset {name!r}", name, where, datasets))
        for name, recipe in recipes.items():
            problems += recipe_problems(name, recipe, sources[f"recipes/{name}.yaml"], datasets, platforms())
    if problems:
        raise ConfigError(problems)
    return Config(
        shops=(*own, *beside),
        portals={name: portal for name, portal in models["portals.yaml"] if portal is not None},
        lake=models["lake.yaml"],
        schedule=models["schedule.yaml"],
        datasets=_with_recipes(datasets, recipes),
        alerts=models["alerts.yaml"],
        recipes=recipes,
        unproven=frozenset(
            file.name.removesuffix(".yaml") for file in recipe_files(folder) if not is_proven(file.read_text("utf-8"))
        ),
        kept=frozenset(shop.id for shop in beside),
        overruled=overruled,
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


def recipe_heads() -> list[RecipeHead]:
    """The spiders that the recipes make, as far as these can be read: what is wrong with one, `load_config` tells."""
    folder, environ = config_source(), os.environ
    recipes = _read_recipes(folder, environ, {})
    wanted = {f"{dataset}.yaml" for recipe in recipes.values() for dataset in recipe.recipe.dataset}
    read = {
        file.name.removesuffix(".yaml"): _check(Dataset, _read(file, f"{_label(folder)}/datasets/{file.name}", environ))
        for file in dataset_files(folder)
        if file.name in wanted
    }
    return read_heads(recipes, {name: dataset for name, dataset in read.items() if dataset is not None})


def _with_recipes(datasets: Mapping[str, Dataset], recipes: Mapping[str, Recipe]) -> dict[str, Dataset]:
    """The contracts with what recipes say of how their files are read: who reads a file again knows no recipe."""
    said = {dataset: recipe.file_rules for recipe in recipes.values() for dataset in recipe.recipe.dataset}
    return {name: dataset.model_copy(update=said.get(name, {})) for name, dataset in datasets.items()}


def _read_recipes(folder: Traversable, environ: Mapping[str, str], sources: dict[str, YamlSource]) -> dict[str, Recipe]:
    """Those that are well-formed, by the stems of their files; `sources` gets all of them, with their mistakes."""
    recipes: dict[str, Recipe] = {}
    for file in recipe_files(folder):
        source = sources[f"recipes/{file.name}"] = _read(file, f"{_label(folder)}/recipes/{file.name}", environ)
        recipe = _check(Recipe, source)
        if recipe is not None:
            recipes[file.name.removesuffix(".yaml")] = recipe
    return recipes


def read_files() -> dict[str, YamlSource]:
    """The files that are there, but for the contracts, each as YAML has it."""
    folder = config_source()
    there = [name for name in file_models() if (folder / name).is_file()]
    return {name: _read(folder / name, f"{_label(folder)}/{name}", os.environ) for name in there}


def _label(folder: Traversable) -> str:
    return folder.name or str(folder)


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
