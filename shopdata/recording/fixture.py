"""What a recording leaves behind for tests: its journal, a file with stand-ins, and a test that replays them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from shopdata.config import load_config, platforms
from shopdata.config.folder import project_folder
from shopdata.config.recipes import Recipe
from shopdata.excel.contract import Contract
from shopdata.excel.reading import read_table
from shopdata.files import write_durably
from shopdata.recording.files import config_folder
from shopdata.recording.inference import infer_takes
from shopdata.recording.inference.evidence import Evidence
from shopdata.recording.inference.known import ways_to_read
from shopdata.recording.inference.proof import prove
from shopdata.recording.journal import Journal, read_journal
from shopdata.recording.redaction.words import with_words

JOURNAL = "journal.jsonl"
_TEST = '''"""The recipe {name} asks what was shown. Written by `scrapy record`; nothing secret is here."""

from pathlib import Path

from shopdata.recording.fixture import replay


def test_{name}_asks_what_was_shown() -> None:
    replay("{name}", Path(__file__).parent / "{name}")
'''


def fixture_folder() -> Path:
    """Where such tests stand: below `tests` of the project whose scrapy.cfg this is; else beside its configuration."""
    project = project_folder()
    return project / "tests" / "recorded" if (project / "scrapy.cfg").is_file() else config_folder() / "recorded"


def write_fixture(name: str, journal: Path) -> Path:
    """Puts a kept journal, its files and a test of them in their place; gives the folder."""
    folder = fixture_folder()
    target = folder / name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copyfile(journal, target / JOURNAL)
    for take in read_journal(journal).takes:
        for download in take.downloads:
            if download.kept and journal.with_name(download.kept).is_file():
                shutil.copyfile(journal.with_name(download.kept), target / download.kept)
    write_durably(folder / f"test_recorded_{name}.py", _TEST.format(name=name).encode())
    return target


def replay(name: str, folder: Path) -> None:
    """Raises where the recipe of this name asks something else than was asked, or its contract does not fit the file.

    Raises:
        NotInferredError: a request of the recipe was never sent.
        RejectedFileError: the file is not as the contract says.
    """
    config = load_config(needs_shops=False, needs_values=False)
    journal, dataset = read_journal(folder / JOURNAL), config.dataset(name)
    recipe = _as_it_was_seen(config.recipes[name], journal)
    dialects = ways_to_read(platforms()[dataset.platform], config.portal(dataset.platform))
    known = next(one for one in dialects if one.name == recipe.recipe.dialect)
    takes = infer_takes(journal, dataset.period)
    evidence = Evidence(*takes, known)
    downloads = tuple(next(reversed(take.downloads), None) for take in takes)
    prove(recipe, (evidence.first, evidence.second), known, downloads)
    for take in takes:
        for download in take.downloads[-1:]:
            if download.kept:
                read_table(folder / download.kept, Contract.of(dataset))


def _as_it_was_seen(recipe: Recipe, journal: Journal) -> Recipe:
    """The recipe with stand-ins where the journal has them."""
    words = {word: stand_in for stand_in, word in journal.words.items()}
    said: dict[str, Any] = recipe.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return Recipe.model_validate(with_words(said, words))
