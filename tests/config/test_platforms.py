"""The registry of platforms: what a clone holds, what packages bring along, and what is wrong with it in a sentence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from config_folder import ENVIRON, ConfigFolder
from scrapy.utils.project import get_project_settings

from shopdata.actions.check_config import check
from shopdata.config import platforms
from shopdata.config.platforms import _find, platform_problems

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a package with an entry point where Python looks for packages."""
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(site)

    def bring(name: str, module: str, text: str) -> None:
        about = site / f"{module}-1.0.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[shopdata.platforms]\n{name} = {module}:PLATFORM\n")
        (site / f"{module}.py").write_text(text)
        _find.cache_clear()

    yield bring
    _find.cache_clear()


TEMU = """\
temu:
  login_url: https://login.example.com
  home_path: /home
  session_cookies: [session]
  download_hosts: [.example.com]
  login_page: {account_tab: [], username: ["#user"], password: ["#password"], submit: ["#submit"], slider: []}
"""


def platform(name: str) -> str:
    return (
        "from shopdata.config import Platform, Portal\n"
        f"PLATFORM = Platform(name={name!r}, portal=__name__ + ':Portal', login=__name__ + ':Nothing')\n"
    )


def test_what_a_clone_holds_needs_no_entry_point() -> None:
    assert list(platforms()) == ["jd", "pdd"]
    assert platform_problems() == ()
    for name, found in platforms().items():
        assert found.load_portal().__module__ == f"shopdata.platforms.{name}.portal"
        assert found.titles.keys() == {"zh", "en"}
        assert found.dataset_titles.keys() == {"en"}, "in Chinese, as their YAML calls them"


def test_a_package_brings_one(install: Install) -> None:
    install("temu", "registry_temu", platform("temu"))
    assert list(platforms()) == ["jd", "pdd", "temu"]
    assert platforms()["temu"].title("zh") == "temu"


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("temu", "import nothing_of_that_name\n", r"'temu' can't be loaded. Found ModuleNotFoundError"),
        ("temu", "PLATFORM = 7\n", "'temu' can't be loaded. Found TypeError: 7 is no Platform"),
        ("temu", platform("temu-1"), "'temu-1' is no name for a platform"),
        ("temu", platform("other"), "is no Platform of that name"),
        ("temu", platform("temu").replace(":Portal'", ":Nothing'"), "Found AttributeError: module"),
        ("temu", platform("temu").replace(":Portal'", ":Platform'"), "Platform is no Portal"),
        ("jd", platform("jd"), "two packages bring a platform 'jd'"),
    ],
    ids=[
        "missing",
        "something else",
        "bad name",
        "other name",
        "no settings",
        "wrong settings",
        "a name that is taken",
    ],
)
def test_one_that_is_wrong_is_told_by_check_config(
    install: Install, folder: ConfigFolder, name: str, text: str, sentence: str
) -> None:
    module = f"registry_{abs(hash(text))}"
    install(name, module, text)
    (problem,) = folder.problems()
    assert sentence in problem
    assert f"entry point shopdata.platforms: {name} = {module}:PLATFORM" in problem
    assert platforms()["jd"].login.startswith("shopdata.platforms.jd.")


def test_a_sign_in_that_cannot_be_loaded_is_told_too(
    install: Install, folder: ConfigFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install("temu", "registry_without_login", platform("temu"))
    monkeypatch.setenv("SHOPDATA_CONFIG_DIR", str(folder.path))
    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "shopdata.settings")
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    folder.edit("shops.yaml", "platform: jd", "platform: temu")
    folder.edit("shops.yaml", "datasets: [jd_store]", "datasets: []")
    folder.write("portals.yaml", TEMU)
    settings = get_project_settings()
    settings.set("SHOPDATA_STATE_DIR", str(folder.path.parent / "state"))
    assert check(settings, is_connecting=False) == 2
    assert (
        "registry_without_login:Nothing: the sign-in of the platform 'temu' can't be loaded" in capsys.readouterr().err
    )


def test_the_registry_loads_no_platform() -> None:
    code = "import sys; from shopdata.config import platforms; platforms(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"playwright", "scrapy", "numpy"} & set(loaded)
    own = {name.removeprefix("shopdata.platforms.") for name in loaded if name.startswith("shopdata.platforms.")}
    assert own == {"jd", "jd.portal", "pdd", "pdd.portal"}
