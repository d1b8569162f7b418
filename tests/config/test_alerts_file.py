"""alerts.yaml: what it may say, what is a mistake in it, and that nobody ever sees an address or a secret of it."""

from __future__ import annotations

from datetime import datetime, time

import pytest
from config_folder import ENVIRON, SECRET, ConfigFolder

from shopdata.config import load_alerts
from shopdata.config.alerts import QuietHours
from shopdata.exceptions import ConfigError
from shopdata.periods import SHANGHAI

DINGTALK = f"https://oapi.dingtalk.com/robot/send?access_token={SECRET}"
GOOD = """\
channels:
  - name: data-group
    kind: dingtalk
    url: ${DINGTALK}
    secret: ${ONE_PASSWORD}
  - {name: feishu-group, kind: feishu, url: "${FEISHU:-}"}
quiet_hours: {start: "22:00", end: "07:30"}
"""


@pytest.fixture
def alerts(folder: ConfigFolder) -> ConfigFolder:
    """A folder with a good alerts.yaml, and its variable."""
    folder.write("alerts.yaml", GOOD)
    return folder


def test_without_it_nobody_is_told(folder: ConfigFolder) -> None:
    assert folder.load().alerts.channels == ()
    assert load_alerts(folder.path, {}).channels == ()


def test_a_channel_without_an_address_is_off(alerts: ConfigFolder) -> None:
    config = alerts.load(DINGTALK=DINGTALK).alerts
    assert [channel.name for channel in config.channels] == ["data-group", "feishu-group"]
    assert [channel.name for channel in config.channels_on] == ["data-group"]
    assert config.channels_on[0].url.get_secret_value() == DINGTALK


def test_no_repr_shows_a_secret(alerts: ConfigFolder) -> None:
    config = alerts.load(DINGTALK=DINGTALK)
    assert SECRET not in repr(config)
    assert SECRET not in str(config.alerts.model_dump())


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("kind: dingtalk", "kind: dingding", "alerts.yaml:3 channels[0].kind", "'dingtalk', 'wecom', 'feishu'"),
        ("    secret:", "    secrets:", "alerts.yaml:5 channels[0].secrets", "Did you mean `secret`?"),
        ("${DINGTALK}", "${NOT_SET}", "alerts.yaml:4 channels[0].url", "NOT_SET is not set"),
        ("${DINGTALK}", "http://10.0.0.1/robot?access_token=x", "alerts.yaml:4 channels[0].url", "write https://"),
        (
            "${DINGTALK}",
            f"https://oapi.dingtalk.com/robot/send?{SECRET}",
            "alerts.yaml:4 channels[0].url",
            "access_token",
        ),
        ("kind: feishu,", "kind: wecom, secret: x,", "alerts.yaml:6 channels[1]", "wecom signs nothing"),
        (
            'kind: feishu, url: "${FEISHU:-}"',
            f"kind: apprise, url: {SECRET}",
            "alerts.yaml:6 channels[1].url",
            "of apprise",
        ),
        ("feishu-group", "data-group", "alerts.yaml:6 channels[1].name", "two channels have the name 'data-group'"),
        ("feishu-group", "数据组", "alerts.yaml:6 channels[1].name", "letters, digits, - . and _"),
        ("feishu-group,", "feishu-group, datasets: [jd_stor],", "alerts.yaml:6 channels[1].datasets", "`jd_store`?"),
        ('"22:00"', '"24:00"', "alerts.yaml:7 quiet_hours.start", 'for example "22:00"'),
        ("quiet_hours:", "tell: [everything]\nquiet_hours:", "alerts.yaml:7 tell[0]", "'needs_login'"),
    ],
    ids=[
        "kind",
        "key",
        "unset variable",
        "plain http",
        "no token",
        "a secret that is not used",
        "not an address of apprise",
        "name twice",
        "name with other letters",
        "dataset",
        "time",
        "what to tell",
    ],
)
def test_one_mistake(alerts: ConfigFolder, old: str, new: str, place: str, words: str) -> None:
    alerts.edit("alerts.yaml", old, new)
    (problem,) = alerts.problems(DINGTALK=DINGTALK)
    assert words in problem
    assert alerts.place(problem) == place
    # Alone it is read alike, also when the others are broken.
    if "datasets" not in place:
        (alerts.path / "shops.yaml").write_text("not: {yaml", "utf-8")
        with pytest.raises(ConfigError) as caught:
            load_alerts(alerts.path, ENVIRON | {"DINGTALK": DINGTALK})
        assert str(caught.value) == problem


def test_is_read_when_other_files_are_broken(alerts: ConfigFolder) -> None:
    (alerts.path / "shops.yaml").write_text("not: {yaml", "utf-8")
    read = load_alerts(alerts.path, ENVIRON | {"DINGTALK": DINGTALK})
    assert [channel.name for channel in read.channels_on] == ["data-group"]


def test_a_broken_contract_is_not_a_mistake_here(alerts: ConfigFolder) -> None:
    alerts.edit("alerts.yaml", "feishu-group,", "feishu-group, datasets: [jd_store],")
    alerts.edit("datasets/jd_store.yaml", "lag_days: 1", "lag_days: -1")
    (problem,) = alerts.problems(DINGTALK=DINGTALK)
    assert "lag_days" in problem


@pytest.mark.parametrize(
    ("written", "expected"),
    [('"22:00"', time(22)), ("22:00", time(22)), ("7:05", time(7, 5)), ("07:30", time(7, 30)), ('"00:00"', time(0))],
)
def test_clock_times_also_without_quotes(alerts: ConfigFolder, written: str, expected: time) -> None:
    alerts.edit("alerts.yaml", '"22:00"', written)
    quiet = alerts.load(DINGTALK=DINGTALK).alerts.quiet_hours
    assert quiet is not None
    assert quiet.start == expected


@pytest.mark.parametrize(
    ("start", "end", "clock", "expected"),
    [
        ("22:00", "07:30", "23:59", True),
        ("22:00", "07:30", "00:00", True),
        ("22:00", "07:30", "07:29", True),
        ("22:00", "07:30", "07:30", False),
        ("22:00", "07:30", "12:00", False),
        ("12:00", "14:00", "13:00", True),
        ("12:00", "14:00", "14:00", False),
        ("12:00", "12:00", "12:00", False),
    ],
)
def test_quiet_hours(start: str, end: str, clock: str, expected: bool) -> None:
    now = datetime.fromisoformat(f"2026-03-01T{clock}:00").replace(tzinfo=SHANGHAI)
    assert QuietHours.model_validate({"start": start, "end": end}).covers(now) is expected
