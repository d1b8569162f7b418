"""Which folder is read, what fills its variables, and what the rest of the program gets to see."""

from __future__ import annotations

import importlib.resources
import pickle
from pathlib import Path

import pytest
from config_folder import SECRET, ConfigFolder
from shipped_config import load_shipped_config

from shopdata.config import config_source
from shopdata.exceptions import ArgumentError

REPO = Path(__file__).parents[2]


class TestWhichFolder:
    def test_the_one_that_the_environment_names(self, tmp_path: Path) -> None:
        assert config_source({"SHOPDATA_CONFIG_DIR": str(tmp_path)}) == tmp_path

    def test_the_one_beside_scrapy_cfg_also_from_below(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "scrapy.cfg").touch()
        (tmp_path / "pipelines_config").mkdir()
        (tmp_path / "a" / "b").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / "a" / "b")
        assert config_source({}) == tmp_path / "pipelines_config"

    def test_the_packaged_copy_where_there_is_no_other(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert config_source({}) == importlib.resources.files("pipelines_config")

    def test_an_empty_variable_names_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(REPO)
        assert config_source({"SHOPDATA_CONFIG_DIR": ""}) == REPO / "pipelines_config"


class TestVariables:
    @pytest.mark.parametrize(
        ("text", "variables", "value"),
        [
            pytest.param("${NAME}", {"NAME": "x"}, "x", id="set"),
            pytest.param("${NAME}", {"NAME": "1234"}, "1234", id="digits stay text"),
            pytest.param("${NAME:-y}", {}, "y", id="default"),
            pytest.param("${NAME:-y}", {"NAME": ""}, "y", id="default for an empty one, as in a shell"),
            pytest.param("${NAME:-y}", {"NAME": "x"}, "x", id="set, so no default"),
            pytest.param("a-${NAME}-${OTHER}", {"NAME": "x", "OTHER": "z"}, "a-x-z", id="inside a text"),
            pytest.param("${NAME}", {"NAME": "${OTHER}", "OTHER": "z"}, "${OTHER}", id="filled once only"),
            pytest.param("$NAME", {"NAME": "x"}, "$NAME", id="without braces it is a text"),
            pytest.param("${NAME}", {"NAME": "a: [b"}, "a: [b", id="YAML in a value is a text"),
        ],
    )
    def test_fill(self, folder: ConfigFolder, text: str, variables: dict[str, str], value: str) -> None:
        folder.edit("shops.yaml", "one@example.com", text)
        assert folder.load(**variables).shops[0].username == value

    def test_unset_ones_are_told_where_they_stand(self, folder: ConfigFolder) -> None:
        folder.edit("shops.yaml", "one@example.com", "${SHOP_ONE_USERNAME}")
        assert folder.problems() == [
            "pipelines_config/shops.yaml:5 shops[0].username: the environment variable SHOP_ONE_USERNAME is not set. "
            "Set SHOP_ONE_USERNAME, or write ${SHOP_ONE_USERNAME:-default} if it may be missing."
        ]


class TestShops:
    MORE = """\
  - {id: closed, name: 关闭, platform: jd, username: u, password: p, enabled: false}
  - {id: every, name: 全部, platform: jd, username: u, password: p}
  - {id: empty, name: 没有, platform: jd, username: u, password: p, datasets: []}
"""

    def test_enabled_ones_with_the_dataset_in_the_order_of_the_file(self, folder: ConfigFolder) -> None:
        folder.edit("shops.yaml", "    datasets: [jd_store]\n", f"    datasets: [jd_store]\n{self.MORE}")
        assert [shop.id for shop in folder.load().shops_for("jd_store")] == ["one", "every"]

    def test_a_dataset_that_there_is_not(self, folder: ConfigFolder) -> None:
        with pytest.raises(ArgumentError, match=r"there is no dataset 'jd_stock'\. Expected jd_store"):
            folder.load().shops_for("jd_stock")


class TestDefaults:
    def test_pace_and_patience_are_those_of_the_contract(self, folder: ConfigFolder) -> None:
        jd = folder.load().portals["jd"]
        assert jd is not None
        assert (jd.poll_every_seconds, jd.report_deadline_seconds, jd.requests_per_second) == (5, 1800, 1)

    def test_a_store_is_spoken_to_by_tls(self, folder: ConfigFolder) -> None:
        assert folder.load().lake.object_store.secure is True

    def test_without_an_address_nothing_is_refreshed(self, folder: ConfigFolder) -> None:
        assert folder.load().lake.dremio.url == ""

    def test_schedule_may_be_left_out(self, folder: ConfigFolder) -> None:
        (folder.path / "schedule.yaml").unlink()
        assert folder.load().schedule.jobs == ()

    def test_plain_http_is_for_this_machine(self, folder: ConfigFolder) -> None:
        folder.edit("portals.yaml", "https://report.example.com", "http://127.0.0.1:8000")
        folder.edit("portals.yaml", "https://gateway.example.com", "http://localhost:8001/")
        portal = folder.load().portals["jd"]
        assert portal is not None
        assert (portal.report_origin, portal.gateway_origin) == ("http://127.0.0.1:8000", "http://localhost:8001")

    def test_a_byte_order_mark_does_no_harm(self, folder: ConfigFolder) -> None:
        file = folder.path / "shops.yaml"
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
        assert folder.problems() == []


def test_no_way_of_printing_shows_a_secret(folder: ConfigFolder) -> None:
    config = folder.load()
    told = [repr(config), str(config), repr(config.shops[0]), config.shops[0].model_dump_json(), str(config.lake)]
    assert [text for text in told if SECRET in text] == []
    assert pickle.loads(pickle.dumps(config.shops[0])).password.get_secret_value() == SECRET


def test_the_configuration_that_we_ship_has_no_mistakes() -> None:
    config = load_shipped_config()
    assert config.lake.object_store.secure is True
    assert config.lake.dremio.url == ""


def test_nothing_that_we_ship_holds_a_secret() -> None:
    for line in (REPO / "pipelines_config").joinpath("shops.yaml").read_text("utf-8").splitlines():
        assert "password:" not in line or "${" in line
