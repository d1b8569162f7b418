"""The platforms there are, found by name: those of `shopdata.platforms`, and those that installed packages bring along.

A package brings one by an entry point of the group `shopdata.platforms`: `acme = acme_shop:PLATFORM`.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from importlib.resources.abc import Traversable
from typing import Annotated, Any

from pydantic import AfterValidator, create_model

from shopdata.config.described import LOGIN, described_sections, portal_of
from shopdata.config.folder import config_source
from shopdata.config.model import Model
from shopdata.config.portals import Portal
from shopdata.exceptions import UsageError

#: The group of entry points, and the package of the platforms that are there without any.
GROUP = "shopdata.platforms"

#: The dialect that every platform has.
PLAIN_DIALECT = "shopdata.crawling.recipes.dialect:PLAIN"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True)
class Platform:
    """What is known of a platform before it is asked anything. All that is large is a `module:name`, imported when it
    is needed."""

    #: In shops.yaml, in names of datasets and in keys of the bucket.
    name: str
    #: Its section of portals.yaml: a subclass of `config.Portal`.
    portal: str
    #: How it is signed in to, and what its answers mean: a class of `sessions.sign_in.PlatformLogin`.
    login: str
    #: What people call it, by language: `{"zh": "艾克美", "en": "Acme"}`.
    titles: Mapping[str, str] = field(default_factory=dict)
    #: What people call its datasets, without the platform, where that is not their YAML's `title`:
    #: `{"en": {"acme_orders": "orders"}}`.
    dataset_titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    #: What its pages sign calls with, where some must be: a `crawling.page_client.PageClient`.
    page_client: str | None = None
    #: A list whose calls they sign, of which `scrapy doctor` asks for a page: a `crawling.paged_list.PagedList`.
    signed_list: str | None = None
    #: Names that `-h` shows in examples: `daily`, a spider that is its dataset; `kinds`, a spider of days, weeks and
    #: months; `weekly`, its dataset of weeks.
    examples: Mapping[str, str] = field(default_factory=dict)
    #: A package with its spiders, besides those of `SPIDER_MODULES`.
    spiders: str | None = None
    #: How its answers are read, by the name that recipes call it: a `crawling.recipes.Dialect` each.
    dialects: Mapping[str, str] = field(default_factory=dict)
    #: What makes rows of what came, by the name that recipes call it: a `crawling.recipes.RowMaker` each.
    row_makers: Mapping[str, str] = field(default_factory=dict)
    #: Paths whose calls its pages sign, and that are answered without, too: a recording leaves the signature out there.
    unsigned: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name for a platform: lower-case letters, digits and _, at most 32")

    def title(self, language: str) -> str:
        """What people call it; its name where it has no title in this language."""
        return self.titles.get(language, self.name)

    def dataset_title(self, dataset: str, language: str) -> str | None:
        """What people call one of its datasets; None where it has no title for it."""
        return self.dataset_titles.get(language, {}).get(dataset)

    def load_portal(self) -> type[Portal]:
        """The model of its section of portals.yaml."""
        model: type[Portal] = pkgutil.resolve_name(self.portal)
        return model

    def load_login(self) -> Any:
        """The class of its login."""
        return pkgutil.resolve_name(self.login)

    @property
    def all_dialects(self) -> Mapping[str, str]:
        """Its own, and what is said of answers that come as plain JSON."""
        return {"json": PLAIN_DIALECT, **self.dialects}

    def load_dialect(self, name: str) -> Any:
        """How answers are read in a dialect that it has."""
        return pkgutil.resolve_name(self.all_dialects[name])

    def load_row_maker(self, name: str) -> Any:
        """What makes rows of what came, by the name that recipes call it."""
        return pkgutil.resolve_name(self.row_makers[name])

    def load_page_client(self) -> Any:
        """What its pages sign calls with. Raises LookupError where they do not."""
        if self.page_client is None:
            raise LookupError(f"the pages of {self.name} sign nothing: its `page_client` is not set")
        return pkgutil.resolve_name(self.page_client)


@dataclass(frozen=True)
class DescribedPlatform(Platform):
    """One that a section of portals.yaml describes."""

    section: Mapping[str, Any] = field(default_factory=dict)

    def load_portal(self) -> type[Portal]:
        return portal_of(self.section)

    def load_login(self) -> Any:
        return functools.partial(pkgutil.resolve_name(LOGIN), self.title("en"), self.section["login"])


#: The folder whose portals.yaml counts while it is read, where that is not the one of this process.
_FOLDER: ContextVar[Traversable | None] = ContextVar("folder", default=None)


@contextmanager
def platforms_of(folder: Traversable) -> Iterator[None]:
    """Within it, platforms that portals.yaml describes are those of this folder."""
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)


def platforms() -> Mapping[str, Platform]:
    """All that can be loaded, by name: the project's own, those of packages, those that portals.yaml describes."""
    found = _find()[0]
    described = described_sections(_FOLDER.get() or config_source())
    return (
        {
            **{
                name: DescribedPlatform(name, "", LOGIN, titles=_titles_in(section), section=section)
                for name, section in described.items()
                if name not in found and _NAME.fullmatch(name)
            },
            **found,
        }
        if described
        else found
    )


def _titles_in(section: Mapping[str, Any]) -> Mapping[str, str]:
    titles = section.get("title")
    return {str(language): str(title) for language, title in titles.items()} if isinstance(titles, dict) else {}


def platform_problems() -> tuple[UsageError, ...]:
    """Why some can't be."""
    return _find()[1]


def example_names() -> Mapping[str, str]:
    """`Platform.examples` of all; the first that has one is shown."""
    names: dict[str, str] = {}
    for platform in platforms().values():
        names = {**platform.examples, **names}
    return names


def find_platform(name: str) -> Platform | None:
    """The platform of this name, if there is one."""
    # Nobody looks into portals.yaml for what no section can take the place of.
    return _find()[0].get(name) or platforms().get(name)


def platform_named(name: str) -> Platform:
    """The same, of which it is known that there is one."""
    platform = find_platform(name)
    if platform is None:
        raise UsageError(
            f"there is no platform {name!r} any more",
            where="portals.yaml",
            todo="Bring its section back: what runs asks for it by and by.",
        )
    return platform


@functools.cache
def _find() -> tuple[Mapping[str, Platform], tuple[UsageError, ...]]:
    """The platforms that can be loaded, and why others can't be."""
    found: dict[str, Platform] = {}
    problems: list[UsageError] = []
    for name, reference in _references():
        where = f"entry point {GROUP}: {name} = {reference}"
        try:
            platform = pkgutil.resolve_name(reference)
            if not isinstance(platform, Platform) or platform.name != name:
                raise TypeError(f"{platform!r:.80} is no Platform of that name")
            if not issubclass(platform.load_portal(), Portal):
                raise TypeError(f"{platform.portal} is no Portal")
        except Exception as error:  # noqa: BLE001 - whatever the package of somebody else does
            what, said = f"the platform {name!r} can't be loaded", f"{type(error).__name__}: {error}"
            todo = "Install its package again, or take it out."
            problems.append(UsageError(what, where=where, found=said, todo=todo))
            continue
        if found.setdefault(name, platform) is not platform:
            todo = "Take one of them out: a name in the bucket means one platform."
            problems.append(UsageError(f"two packages bring a platform {name!r}", where=where, todo=todo))
    return found, tuple(problems)


def _references() -> Iterator[tuple[str, str]]:
    """Names, and where each is. What a clone or an egg holds needs no entry point."""
    own = importlib.import_module(GROUP)
    for module in pkgutil.iter_modules(own.__path__):
        if module.ispkg:
            yield module.name, f"{GROUP}.{module.name}:PLATFORM"
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        yield point.name, point.value


class UnknownPlatformError(ValueError):
    """Raised for a name that no platform has; `str()` says which have one."""

    def __str__(self) -> str:
        *others, last = map(repr, platforms())
        return f"{', '.join(others)} or {last}"


def _known(name: str) -> str:
    if name not in platforms():
        raise UnknownPlatformError
    return name


#: A platform's name, in a file of the configuration.
PlatformName = Annotated[str, AfterValidator(_known)]


def portals_model() -> type[Model]:
    """portals.yaml: a section for each platform, as the platform's own model; one without shops may be left out."""
    sections: dict[str, Any] = {name: (platform.load_portal() | None, None) for name, platform in platforms().items()}
    return create_model("Portals", __base__=Model, **sections)
