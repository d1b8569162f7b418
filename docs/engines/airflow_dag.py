"""A day of jd_store by Apache Airflow 3: mapped tasks, each a plain `scrapy crawl`, share the shops by the ledger.

docs/engines.md tells what to set up. Copy this file into Airflow's folder of DAGs.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import DAG, BaseOperator, Context, Param
from airflow.sdk.exceptions import AirflowException, AirflowFailException

#: Where the project lies on each worker, with its `.venv`, `scrapy.cfg` and `pipelines_config/`.
PROJECT = "/opt/shopdata"
SPIDER = "jd_store"
SHANGHAI = ZoneInfo("Asia/Shanghai")
#: How many crawls share the day. One carries some hundred shops: more of them are for more workers.
MEMBERS = 3
#: Connections of Airflow, so that no secret stands here; Airflow masks their passwords in its logs.
ENVIRONMENT = {
    "SHOPDATA_DATABASE_URL": (
        "postgresql+psycopg://{{ conn.shopdata_ledger.login }}:{{ conn.shopdata_ledger.password | urlencode }}"
        "@{{ conn.shopdata_ledger.host }}:{{ conn.shopdata_ledger.port }}/{{ conn.shopdata_ledger.schema }}"
    ),
    "SHOPDATA_S3_ENDPOINT": "{{ conn.shopdata_store.host }}:{{ conn.shopdata_store.port }}",
    "SHOPDATA_S3_ACCESS_KEY": "{{ conn.shopdata_store.login }}",
    "SHOPDATA_S3_SECRET_KEY": "{{ conn.shopdata_store.password }}",
    "SHOPDATA_SECRET_KEY": "{{ conn.shopdata_key.password }}",
}


class ScrapyCrawl(BaseOperator):
    """`scrapy crawl SPIDER -a date=DAY`; what its exit code says decides whether Airflow tries again.

    The day is named, so that a try after midnight asks for the same one. Empty is the day before the DAG's run.
    """

    template_fields = ("day", "env")

    def __init__(self, *, spider: str, day: str, member: int, env: dict[str, str], **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.spider, self.day, self.member, self.env = spider, day, member, env
        self._hook = SubprocessHook()

    def execute(self, context: Context) -> None:
        """Runs it to its end; its log is the task's."""
        run = context["dag_run"]
        began = (run.logical_date or run.run_after).astimezone(SHANGHAI)
        day = self.day or (began - timedelta(days=1)).date().isoformat()
        command = [f"{PROJECT}/.venv/bin/scrapy", "crawl", self.spider, "-a", f"date={day}"]
        code = self._hook.run_command(command, env={**os.environ, **self.env}, cwd=PROJECT).exit_code
        if code == 2:
            raise AirflowFailException("arguments or configuration are wrong: no try would go better")
        if code != 0:
            # 1: something is missing; negative: the process was killed. What is published is not asked for again.
            raise AirflowException(f"exit code {code}")

    def on_kill(self) -> None:
        """The crawl puts down what it has in hand, and its shops are free for the others."""
        self._hook.send_sigterm()


with DAG(
    dag_id=f"shopdata_{SPIDER}",
    schedule="30 8 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=SHANGHAI),
    # A day that was missed is caught up by `scrapy backfill`, which knows what is missing.
    catchup=False,
    max_active_runs=1,
    params={"day": Param("", type="string", description="The business day, YYYY-MM-DD; empty is yesterday")},
):
    ScrapyCrawl.partial(
        task_id="crawl",
        spider=SPIDER,
        day="{{ params.day }}",
        env=ENVIRONMENT,
        retries=3,
        retry_delay=timedelta(minutes=5),
        retry_exponential_backoff=True,
        map_index_template="{{ task.member }}",
    ).expand(member=list(range(1, MEMBERS + 1)))
