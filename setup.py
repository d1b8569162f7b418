"""The egg that scrapyd runs: the project and its configuration, usable as a zip (scrapyd-deploy ignores pyproject)."""

from setuptools import find_packages, setup

setup(
    name="shopdata",
    version="1.0",
    packages=find_packages(include=["shopdata", "shopdata.*", "pipelines_config"]),
    package_data={
        "pipelines_config": ["*.yaml", "datasets/*.yaml"],
        "shopdata.sandbox": ["**/*.html", "**/*.js", "**/*.css"],
        "shopdata.service.board": ["**/*.html", "**/*.js", "**/*.css", "**/*.svg", "**/*.yaml"],
    },
    entry_points={"scrapy": ["settings = shopdata.settings"]},
    zip_safe=True,
)
