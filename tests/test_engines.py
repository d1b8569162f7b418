"""docs/engines: the manifest and the DAG say what the program knows: its commands, variables and exit codes.

That Airflow takes the DAG, and Kubernetes' schema the manifest, is shown by tests/engines.
"""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path
from typing import Any

import pytest
import yaml
from scrapy.settings import Settings
from scrapy.spiderloader import get_spider_loader

import shopdata.settings

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "engines"
PAGES = [ROOT / "docs" / name for name in ("engines.md", "engines.zh-CN.md")]
DAG = (FOLDER / "airflow_dag.py").read_text("utf-8")
JOB = yaml.safe_load((FOLDER / "job.yaml").read_text("utf-8"))


def spiders() -> list[str]:
    settings = Settings()
    settings.setmodule(shopdata.settings)
    return list(get_spider_loader(settings).list())


def variables_read() -> set[str]:
    """Those that settings, and the delivered lake.yaml, read."""
    lake = (ROOT / "pipelines_config" / "lake.yaml").read_text("utf-8")
    settings = (ROOT / "shopdata" / "settings.py").read_text("utf-8")
    return set(re.findall(r"\$\{(\w+)", lake)) | set(re.findall(r'environ\.get\("(\w+)"\)', settings)) | {
        "SHOPDATA_CONFIG_DIR"
    }  # fmt: skip


@pytest.fixture(scope="module")
def job() -> dict[str, Any]:
    return JOB["spec"]["jobTemplate"]["spec"]


@pytest.fixture(scope="module")
def container(job: dict[str, Any]) -> dict[str, Any]:
    (only,) = job["template"]["spec"]["containers"]
    return only


def test_the_manifest_names_a_spider_and_variables_that_are_read(container: dict[str, Any]) -> None:
    assert container["command"][:2] == ["scrapy", "crawl"]
    assert container["command"][2] in spiders()
    assert {entry["name"] for entry in container["env"]} <= variables_read()


def test_the_pods_of_a_job_share_a_day_and_only_a_mistake_ends_an_index(
    job: dict[str, Any], container: dict[str, Any]
) -> None:
    assert JOB["spec"]["concurrencyPolicy"] == "Forbid"
    assert JOB["spec"]["timeZone"] == "Asia/Shanghai"
    assert (job["completionMode"], job["completions"], job["backoffLimitPerIndex"]) == (
        "Indexed",
        job["parallelism"],
        3,
    )
    rules = {rule["action"]: rule for rule in job["podFailurePolicy"]["rules"]}
    assert set(rules) == {"FailIndex", "Ignore"}
    codes = rules["FailIndex"]["onExitCodes"]
    assert (codes["operator"], codes["values"]) == ("In", [2])
    assert codes["containerName"] == container["name"]
    assert job["template"]["spec"]["restartPolicy"] == "Never"


def test_no_secret_stands_in_a_file(container: dict[str, Any]) -> None:
    secret = re.compile(r"PASSWORD|SECRET|ACCESS_KEY|DATABASE_URL")
    assert not [entry for entry in container["env"] if secret.search(entry["name"])]
    assert container["envFrom"] == [{"secretRef": {"name": "shopdata"}}]
    given = next(
        ast.literal_eval(node.value)
        for node in ast.parse(DAG).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ENVIRONMENT"
    )
    assert set(given) <= variables_read()
    # All that is secret comes out of a connection.
    for name, value in given.items():
        fixed = re.sub(r"\{\{ conn\.\w+\.\w+( \| urlencode)? \}\}", "", value)
        assert not set(fixed) & set(string.ascii_letters) or name == "SHOPDATA_DATABASE_URL", (name, value)
        assert fixed in ("", ":", "postgresql+psycopg://:@:/"), (name, value)


def test_the_dag_is_python_and_names_a_spider() -> None:
    tree = ast.parse(DAG)
    fixed = {ast.unparse(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)}
    assert ast.literal_eval(fixed["SPIDER"]) in spiders()
    assert "if code == 2:\n            raise AirflowFailException" in DAG
    assert "cwd=PROJECT" in DAG
    assert re.search(r'"crawl", self\.spider, "-a", f"date=\{day\}"', DAG)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_the_page_names_every_file_variable_and_connection(page: Path) -> None:
    text = page.read_text("utf-8")
    for path in FOLDER.iterdir():
        if path.suffix in (".py", ".yaml"):
            assert f"(engines/{path.name})" in text
    named = set(re.findall(r"`(SHOPDATA_\w+)", text))
    assert named <= variables_read()
    assert set(re.findall(r"conn\.(\w+)\.", DAG)) <= set(re.findall(r"`(shopdata_\w+)`", text))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_the_page_has_the_exit_codes_of_the_command(page: Path) -> None:
    rows = re.findall(r"^\| (\d+)[^|]*\|", page.read_text("utf-8"), flags=re.MULTILINE)
    assert rows == ["0", "1", "2"]
