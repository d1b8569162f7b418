"""The buttons: what each tells the service, and what a form must bring to be heard."""

from __future__ import annotations

import pytest
from board_client import Client, forms_of

pytestmark = pytest.mark.services

RUN_NOW = "/board/do/run-now"


@pytest.fixture
def token(client: Client) -> str:
    """One that fits this visitor's cookie."""
    return forms_of(client.get("/board/schedule").text)[0].values["token"]


def test_run_now(client: Client) -> None:
    answer = client.press("/", "run-now", job="pdd_chat")
    assert answer.status == 303
    assert answer.headers["Location"] == "/board/runs?told=queued&run=noted-run_now"
    assert client.calls() == [{"action": "run_now", "job": "pdd_chat"}]
    assert "已经排上： noted-run_now" in client.get(answer.headers["Location"]).visible


def test_ask_again_for_a_failed_cell(client: Client) -> None:
    client.press("/board/cell/jd_store/2026-11-23/jd-04", "collect", shop="jd-04")
    assert client.calls() == [
        {"action": "collect", "dataset": "jd_store", "dts": ["2026-11-23"], "shops": ["jd-04"], "force": False}
    ]


@pytest.mark.parametrize(
    ("shop", "is_forced"),
    [("jd-01", True), ("jd-05", False)],
    ids=["what is published is replaced", "refused credentials are not tried again"],
)
def test_force(client: Client, shop: str, is_forced: bool) -> None:
    client.press(f"/board/cell/jd_store/2026-11-23/{shop}", "collect", shop=shop)
    assert client.calls()[0]["force"] is is_forced


def test_fill_what_a_day_lacks(client: Client) -> None:
    client.press("/", "collect", dataset="pdd_kpi_weekly", shop="")
    assert client.calls() == [
        {
            "action": "collect",
            "dataset": "pdd_kpi_weekly",
            "dts": ["2026-11-14_2026-11-20"],
            "shops": [],
            "force": False,
        }
    ]


def test_fill_the_gaps_of_a_dataset(client: Client) -> None:
    client.press("/board/days/jd_store", "collect", dataset="jd_store")
    assert client.calls()[0]["dts"] == ["2026-11-12", "2026-11-15", "2026-11-19", "2026-11-23"]


def test_pause_and_resume(client: Client) -> None:
    assert client.press("/board/schedule", "pause", job="jd_store").headers["Location"] == "/board/schedule?told=paused"
    client.press("/board/schedule", "resume", job="pdd_kpi_days")
    assert client.calls() == [{"action": "pause", "job": "jd_store"}, {"action": "resume", "job": "pdd_kpi_days"}]


def test_stop_a_run(client: Client) -> None:
    client.press("/board/runs", "cancel", run="waiting-1")
    assert client.calls() == [{"action": "cancel", "run_id": "waiting-1"}]


def test_a_form_without_its_token_is_not_heard(client: Client) -> None:
    client.get("/")
    for form in ({"job": "jd_store"}, {"job": "jd_store", "token": ""}, {"job": "jd_store", "token": "a.b"}):
        answer = client.ask("POST", RUN_NOW, form)
        assert answer.status == 403
        assert "页面已经过期" in answer.visible
    assert client.calls() == []


def test_a_token_is_of_use_to_its_own_browser_and_user_only(client: Client, token: str) -> None:
    form = {"job": "jd_store", "token": token}
    stranger = Client(client.port, client.folder)
    assert stranger.ask("POST", RUN_NOW, form).status == 403
    stranger.get("/")
    assert stranger.ask("POST", RUN_NOW, form).status == 403
    assert client.ask("POST", RUN_NOW, form, is_signed_in=False).status == 401
    assert client.calls() == []
    assert client.ask("POST", RUN_NOW, form).status == 303


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_of_another_site_is_not_heard(client: Client, token: str, site: str) -> None:
    answer = client.ask("POST", RUN_NOW, {"job": "jd_store", "token": token}, Sec_Fetch_Site=site)
    assert answer.status == 403
    assert client.calls() == []


def test_a_token_in_the_address_does_not_count(client: Client, token: str) -> None:
    assert client.ask("POST", f"{RUN_NOW}?job=jd_store&token={token}", {}).status == 403
    assert client.get(f"{RUN_NOW}?job=jd_store&token={token}").status == 404
    assert client.calls() == []


def test_no_two_tokens_are_alike(client: Client) -> None:
    tokens = [form.values["token"] for form in forms_of(client.get("/board/schedule").text)]
    tokens += [form.values["token"] for form in forms_of(client.get("/board/schedule").text)]
    assert len(set(tokens)) == 2


def test_the_cookie_is_kept_from_scripts_and_other_sites(client: Client) -> None:
    cookie = client.get("/").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Set-Cookie" not in client.get("/").headers


def test_an_entry_that_is_gone_is_told(client: Client, token: str) -> None:
    answer = client.ask("POST", RUN_NOW, {"job": "<script>", "token": token})
    assert answer.status == 409
    assert "there is no entry" in answer.visible
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    "values",
    [
        {"dataset": "nothing", "dt": "2026-11-23"},
        {"dataset": "../jd_store", "dt": "2026-11-23"},
        {"dataset": "jd_store", "dt": ""},
        {"dataset": "jd_store", "dt": "2026-11-23,../../etc"},
        {"dataset": "jd_store", "dt": "2026-11-23", "shop": "jd-01,<script>"},
    ],
    ids=["unknown dataset", "hostile dataset", "no period", "hostile period", "hostile shop"],
)
def test_a_form_that_no_page_has_is_refused(client: Client, token: str, values: dict[str, str]) -> None:
    assert client.ask("POST", "/board/do/collect", {**values, "token": token}).status == 400
    assert client.calls() == []


def test_an_unknown_action_is_404(client: Client, token: str) -> None:
    assert client.ask("POST", "/board/do/anything", {"token": token}).status == 404
