"""What egg and wheel hold: the project and its configuration, usable as a zip. The egg needs no pyproject.toml."""

import sys
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))

from shopdata import __version__  # noqa: E402 - it is beside this file, and nowhere installed
from shopdata.config import shipped_files  # noqa: E402


class BuildPy(build_py):
    """Of the folder of the configuration only what makes it a package: people keep notes and copies there."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = super().find_package_modules(package, package_dir)
        return [module for module in found if package != "pipelines_config" or module[1] == "__init__"]


setup(
    name="shopdata",
    version=__version__,
    packages=find_packages(include=["shopdata", "shopdata.*", "pipelines_config"]),
    package_data={
        "pipelines_config": shipped_files(ROOT / "pipelines_config"),
        "shopdata.recording": ["*.js"],
        "shopdata.sessions": ["*.js", "live/*.js", "sign_in/*.js"],
        "shopdata.service": ["boot/*"],
        "shopdata.service.board": ["**/*.html", "**/*.js", "**/*.css", "**/*.svg"],
        "shopdata.wording": ["tables/*.yaml"],
    },
    cmdclass={"build_py": BuildPy},
    entry_points={
        "scrapy": ["settings = shopdata.settings"],
        "shopdata.platforms": ["jd = shopdata.platforms.jd:PLATFORM", "pdd = shopdata.platforms.pdd:PLATFORM"],
    },
    zip_safe=True,
)
