"""The Dremio client against the double: what is asked, in which order, and what each refusal is called."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import urllib3
from faulty_http import closed_port, reply, serve
from pydantic import ValidationError

from sandbox.dremio import FAULTS, DremioDouble
from shopdata import config
from shopdata.exceptions import RefreshError
from shopdata.lake.dremio import DremioClient, quoted

pytestmark = pytest.mark.timeout(600)

TABLE = ("minio", "warehouse", "ods", "jd", "jd_store")
SQL = 'ALTER TABLE "minio"."warehouse"."ods"."jd"."jd_store" REFRESH METADATA AUTO PROMOTION FORCE UPDATE'


class FastClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.now += seconds
        self.waits.append(seconds)


@pytest.fixture
def double() -> Iterator[DremioDouble]:
    with DremioDouble() as running:
        yield running


REFRESHED = "Metadata for table 'minio.warehouse.ods.jd.jd_store' refreshed."


@pytest.fixture
def clock() -> FastClock:
    return FastClock()


def refresh(settings: config.Dremio, clock: FastClock, *, times: int = 1, answer_seconds: float = 60) -> str:
    with closing(DremioClient(settings, clock=clock, answer_seconds=answer_seconds)) as client:
        for _ in range(times):
            result = client.refresh("warehouse", "jd", "jd_store")
    return result


def refusal(settings: config.Dremio, clock: FastClock, *, answer_seconds: float = 60) -> str:
    with pytest.raises(RefreshError) as caught:
        refresh(settings, clock, answer_seconds=answer_seconds)
    assert caught.value.where.startswith(settings.url)
    assert caught.value.todo
    assert caught.value.__cause__ is None
    for secret in (settings.password, settings.token):
        assert not secret.get_secret_value() or secret.get_secret_value() not in str(caught.value)
    return str(caught.value)


def test_a_folder_becomes_a_table_and_is_read(double: DremioDouble, clock: FastClock) -> None:
    assert refresh(double.settings(), clock) == REFRESHED
    assert double.refreshed == [TABLE]
    assert [asked.body["sql"] for asked in double.questions("POST", "/api/v3/sql")] == [SQL]
    assert clock.waits == [0.5, 1.0], "it asks ever less often"


def test_reflections_are_refreshed_after_the_metadata(double: DremioDouble, clock: FastClock) -> None:
    double.promote(*TABLE, reflections=2)
    assert refresh(double.settings(), clock) == f"{REFRESHED} 2 reflections up to date."
    questions = [f"{asked.method} {asked.path}" for asked in double.asked]
    (told,) = [number for number, question in enumerate(questions) if question.endswith("/refresh")]
    assert any(question.endswith("/results?offset=0&limit=1") for question in questions[:told])
    assert re.fullmatch(r"POST /api/v3/catalog/[0-9a-f-]{36}/refresh", questions[told])
    assert questions[-1].endswith("/reflection"), "it waits until they are done"


def test_reflections_that_need_nothing_are_not_waited_for_long(double: DremioDouble, clock: FastClock) -> None:
    double.promote(*TABLE, reflections=1)
    double.set_faults("reflection_not_needed")
    assert refresh(double.settings(), clock).startswith(REFRESHED)
    assert clock.now < 30


def test_one_login_serves_many_questions(double: DremioDouble, clock: FastClock) -> None:
    refresh(double.settings(), clock, times=3)
    assert len(double.questions("POST", "/apiv2/login")) == 1


def test_an_expired_token_costs_one_login(double: DremioDouble, clock: FastClock) -> None:
    with closing(DremioClient(double.settings(), clock=clock)) as client:
        client.refresh("warehouse", "jd", "jd_store")
        double.set_faults("token_expired")
        client.refresh("warehouse", "jd", "jd_store")
    assert len(double.questions("POST", "/apiv2/login")) == 2
    assert double.refreshed == [TABLE, TABLE]


def test_threads_share_a_client(double: DremioDouble, clock: FastClock) -> None:
    datasets = [f"dataset_{number}" for number in range(8)]
    with closing(DremioClient(double.settings(), clock=clock)) as client, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda dataset: client.refresh("warehouse", "jd", dataset), datasets))
    assert sorted(path[-1] for path in double.refreshed) == datasets
    assert len(double.questions("POST", "/apiv2/login")) == 1


def test_an_unchanged_table_is_told_so(double: DremioDouble, clock: FastClock) -> None:
    double.set_faults("table_unchanged")
    result = refresh(double.settings(), clock)
    assert "no refresh occurred" in result


#: What a person is told for each fault, as a pattern.
SENTENCES = {
    "login_refused": r"refuses user name or password. Found HTTP 401 for user 'shopdata'. Fix .*DREMIO_PASSWORD",
    "token_refused": r"does not let this user do it. Found HTTP 401",
    "forbidden": r"does not let this user do it. Found HTTP 403: User not authorized",
    "unavailable": r"Dremio is not well. Found HTTP 503: Dremio is starting. The data is published",
    "web_page": r"what answers there is not Dremio. Found HTTP 200 that is not JSON. Fix `url`",
    "silence": r"can't be reached. Found silence for 2 s",
    "job_failed": r"did not succeed. Found job \S+ FAILED: DATA_READ ERROR: the bucket does not answer\. See",
    "job_canceled": r"did not succeed. Found job \S+ CANCELED: Query cancelled by user 'admin'",
    "job_stuck": r"did not end the refresh in time. Found job \S+ still at work after 600 s; it was told to stop",
    "table_gone": r"does not see the files. Found Table .* no longer exists, metadata removed",
    "table_not_in_catalog": r"has no table there. Found HTTP 404",
    "reflection_failed": r"could not refresh a reflection. Found raw 1 CAN_ACCELERATE_WITH_FAILURES, raw 2 CAN",
    "reflection_stuck": r"did not end the refresh of the reflections in time. Found .* after 600 s",
}


@pytest.mark.parametrize("fault", SENTENCES)
def test_every_fault_is_one_sentence(double: DremioDouble, clock: FastClock, fault: str) -> None:
    double.promote(*TABLE, reflections=2)
    double.set_faults(fault)
    patience = 2 if fault == "silence" else 60
    assert re.search(SENTENCES[fault], refusal(double.settings(), clock, answer_seconds=patience))


def test_no_fault_is_forgotten_here() -> None:
    harmless = {"token_expired", "table_unchanged", "reflection_not_needed"}
    assert SENTENCES.keys() | harmless == FAULTS


def test_a_wrong_password_is_tried_once_only(double: DremioDouble, clock: FastClock) -> None:
    wrong = double.settings().model_copy(update={"username": "somebody"})
    assert "for user 'somebody'" in refusal(wrong, clock)
    assert [asked.path for asked in double.asked] == ["/apiv2/login"]


def test_a_job_that_takes_too_long_is_cancelled(double: DremioDouble, clock: FastClock) -> None:
    double.set_faults("job_stuck")
    refusal(double.settings().model_copy(update={"timeout_seconds": 20.0}), clock)
    (cancel,) = double.questions("POST", "/api/v3/job/")
    assert cancel.path.endswith("/cancel")
    assert clock.now == pytest.approx(20)
    assert max(clock.waits) == 5


def test_a_bucket_that_dremio_does_not_have(double: DremioDouble, clock: FastClock) -> None:
    elsewhere = double.settings().model_copy(update={"source": "s3"})
    assert re.search(r"FAILED: VALIDATION ERROR: Dataset .s3\.warehouse.* not found", refusal(elsewhere, clock))


def test_a_statement_is_not_sent_twice_when_its_answer_is_lost(double: DremioDouble, clock: FastClock) -> None:
    double.set_faults("silence")
    refusal(double.settings(), clock, answer_seconds=5)
    assert len(double.questions("POST", "/api/v3/sql")) == 1


# -- tokens, and where the source is mounted ---------------------------------------------------------------------------


def with_token(double: DremioDouble, **changed: object) -> config.Dremio:
    return config.Dremio.model_validate({"url": double.url, "token": double.token, "timeout_seconds": 60} | changed)


def test_a_personal_access_token_signs_in_nowhere(clock: FastClock) -> None:
    with DremioDouble(token_only=True) as double:
        assert refresh(with_token(double), clock, times=2).startswith(REFRESHED)
        assert double.refreshed == [TABLE, TABLE]
        assert double.questions("POST", "/apiv2/login") == []
        assert "refuses user name or password" in refusal(double.settings(), clock)


def test_a_token_that_is_refused(double: DremioDouble, clock: FastClock) -> None:
    token = "token-of-nobody"
    said = refusal(with_token(double, token=token), clock)
    assert re.search(r"Dremio refuses the token. Found HTTP 401. Make a new .*`token` .*SHOPDATA_DREMIO_TOKEN", said)
    assert token not in said
    assert len(double.asked) == 1, "it is not tried again"


def test_a_token_that_may_not_alter(double: DremioDouble, clock: FastClock) -> None:
    double.set_faults("forbidden")
    assert "Give the token's user the right to alter" in refusal(with_token(double), clock)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "username and password are needed too, or a token"),
        ({"username": "u"}, "username and password are needed too, or a token"),
        ({"password": "p"}, "username and password are needed too, or a token"),
        ({"token": "t", "username": "u", "password": "p"}, "keep one of the two ways to sign in"),
        ({"token": "t", "password": "p"}, "keep one of the two ways to sign in"),
    ],
)
def test_one_way_to_sign_in(given: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        config.Dremio.model_validate({"url": "https://dremio.test", **given})
    assert config.Dremio.model_validate(given).url == "", "where nothing is refreshed, nothing is wrong"


@pytest.mark.parametrize(
    ("mounted_at", "path", "table"),
    [
        ("", "{bucket}/ods/{platform}/{dataset}", TABLE),
        ("warehouse", "ods/{platform}/{dataset}", ("minio", "ods", "jd", "jd_store")),
        ("warehouse/ods", "/{platform}/{dataset}/", ("minio", "jd", "jd_store")),
        ("warehouse/ods/jd", "{dataset}", ("minio", "jd_store")),
    ],
)
def test_where_the_source_is_mounted(mounted_at: str, path: str, table: tuple[str, ...], clock: FastClock) -> None:
    with DremioDouble(mounted_at=mounted_at) as double:
        settings = double.settings().model_copy(update={"path": path})
        assert refresh(settings, clock).startswith("Metadata for table")
        assert double.refreshed == [table]
        double.set_rows(*table, dt="2026-03-01", rows=7)
        with closing(DremioClient(settings, clock=clock)) as client:
            assert client.count_rows("warehouse", "jd", "jd_store", "2026-03-01") == 7
        if mounted_at:
            assert "`source` and `path` of `dremio` in lake.yaml lead to it" in refusal(double.settings(), clock)


@pytest.mark.parametrize("path", ["ods/{platform}", "{dataset}/x", "{shop}/{dataset}", "{0}/{dataset}", "{dataset", ""])
def test_a_path_that_leads_to_no_dataset(path: str) -> None:
    with pytest.raises(ValidationError, match=r"write the folders below the source up to \{dataset\}"):
        config.Dremio.model_validate({"path": path})


# -- not to be reached -------------------------------------------------------------------------------------------------


def test_nobody_listens(clock: FastClock) -> None:
    settings = config.Dremio.model_validate({"url": f"http://{closed_port()}", "username": "u", "password": "pw-of-u"})
    assert "Dremio can't be reached. Found Connection refused. See that it runs" in refusal(settings, clock)


def test_a_redirect_is_not_followed(clock: FastClock) -> None:
    elsewhere = threading.Event()

    def answer(request: object) -> None:
        elsewhere.set()
        reply(request, 200, b"{}")  # type: ignore[arg-type]

    with (
        serve(answer) as other,
        serve(lambda r: reply(r, 307, Location=f"http://{other.endpoint}/apiv2/login")) as server,
    ):
        settings = config.Dremio.model_validate(
            {"url": f"http://{server.endpoint}", "username": "u", "password": "pw-of-u"}
        )
        assert refusal(settings, clock)
    assert not elsewhere.is_set(), "the password went to another host"


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param(SQL.replace("AUTO PROMOTION FORCE UPDATE", "FORCE UPDATE AUTO PROMOTION"), id="clauses swapped"),
        pytest.param(SQL.replace("AUTO PROMOTION ", ""), id="not promoted"),
        pytest.param(SQL.replace('"ods"', '"o"ds"'), id="a quote not doubled"),
        pytest.param(SQL.replace("REFRESH METADATA", "REFRESH METADATA FOR FILES ('a')"), id="for files"),
    ],
)
def test_the_double_refuses_what_dremio_refuses(double: DremioDouble, sql: str) -> None:
    with urllib3.PoolManager() as http:
        login = http.request(
            "POST", f"{double.url}/apiv2/login", json={"userName": double.username, "password": double.password}
        )
        headers = {"Authorization": f"_dremio{login.json()['token']}"}
        job = http.request("POST", f"{double.url}/api/v3/sql", json={"sql": sql}, headers=headers).json()["id"]
        states = []
        while not states or states[-1] not in ("COMPLETED", "FAILED"):
            answer = http.request("GET", f"{double.url}/api/v3/job/{job}", headers=headers)
            states.append(json.loads(answer.data)["jobState"])
        assert states[-1] == "FAILED"
        assert answer.json()["errorMessage"]
        results = http.request("GET", f"{double.url}/api/v3/job/{job}/results", headers=headers)
        assert (results.status, "errorMessage" in results.json()) == (400, True)
    assert double.refreshed == []


def test_every_part_of_a_path_is_quoted() -> None:
    assert quoted(("minio", 'a"b', "dt=1.x")) == '"minio"."a""b"."dt=1.x"'


@pytest.mark.skipif(not os.environ.get("SHOPDATA_DREMIO_URL"), reason="SHOPDATA_DREMIO_URL names no living Dremio")
@pytest.mark.timeout(700)
def test_a_living_dremio() -> None:
    """Needs a source `minio` that reads the bucket, with a published partition of jd_store in it."""
    settings = config.Dremio.model_validate(
        {
            "url": os.environ["SHOPDATA_DREMIO_URL"],
            "username": os.environ["SHOPDATA_DREMIO_USERNAME"],
            "password": os.environ["SHOPDATA_DREMIO_PASSWORD"],
        }
    )
    with closing(DremioClient(settings)) as client:
        assert client.refresh(os.environ.get("SHOPDATA_S3_BUCKET", "warehouse"), "jd", "jd_store")


def test_rows_of_a_partition_are_counted(double: DremioDouble, clock: FastClock) -> None:
    double.promote(*TABLE)
    double.set_rows(*TABLE, dt="2026-03-01", rows=42)
    with closing(DremioClient(double.settings(), clock=clock)) as client:
        assert client.count_rows("warehouse", "jd", "jd_store", "2026-03-01") == 42
        assert client.count_rows("warehouse", "jd", "jd_store", "2026-03-02") == 0
        with pytest.raises(RefreshError, match="not found within"):
            client.count_rows("warehouse", "jd", "jd_stock", "2026-03-01")
    (asked, *_) = double.questions("POST", "/api/v3/sql")
    assert asked.body["sql"] == (
        'SELECT COUNT(*) AS "rows" FROM "minio"."warehouse"."ods"."jd"."jd_store" WHERE "dir0" = \'dt=2026-03-01\''
    )
