"""One JSON question to a webhook: time-outs, tries, the platform's own verdict, and no secret in what is told."""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import tenacity
import urllib3
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError, SSLError, TimeoutError

from shopdata.alerts.message import Message
from shopdata.config import Alerts, Channel
from shopdata.exceptions import AlertError
from shopdata.network.pools import ProxyTrouble, pool_for, reason_of, trouble_with_proxy

# Its DEBUG lines hold the path and the query of every question: here they are the secret.
logging.getLogger("urllib3.connectionpool").setLevel(logging.WARNING)

#: An answer is some hundred bytes; whatever is longer is not one.
_MOST_BYTES = 64 * 1024
_FIRST_WAIT_SECONDS = 1


class Deadline:
    """A moment after which nobody waits any longer."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def seconds_left(self) -> float:
        """Never below 0."""
        return max(0.0, self._end - time.monotonic())


class Send(Protocol):
    """What every channel offers: see `channels.send_message`."""

    def __call__(self, channel: Channel, message: Message, alerts: Alerts, deadline: Deadline) -> str: ...


@dataclass(frozen=True)
class DeliveryVerdict:
    """What a platform's answer means. `may_retry`: the same message may be taken a moment later."""

    is_taken: bool
    said: str
    todo: str = ""
    may_retry: bool = False


def judge_code(
    code: object, said: object, todos: Mapping[int, str], busy: Container[object], *, field: str = "errcode"
) -> DeliveryVerdict:
    """The verdict of a platform that answers with a number, 0 for a message that it took.

    Args:
        said: its own words.
        todos: what helps, by the number.
        busy: numbers that pass.
    """
    todo = todos.get(code, "") if isinstance(code, int) else ""
    return DeliveryVerdict(code == 0, f"{field} {code}, {said}", todo, code in busy)


def post(
    channel: Channel,
    build: Callable[[], tuple[str, Mapping[str, Any]]],
    judge: Callable[[Mapping[str, Any]], DeliveryVerdict],
    alerts: Alerts,
    deadline: Deadline,
) -> str:
    """Posts what `build` makes (address and body, anew for every try: signatures age) and has the answer judged.

    Raises:
        AlertError: it was refused, or no try succeeded.
    """
    with pool_for(channel.url.get_secret_value(), retries=False) as pool:
        return tries(alerts, deadline, tenacity.retry_if_exception(lambda error: getattr(error, "may_retry", False)))(
            _post_once, pool, channel, build, judge, alerts, deadline
        )


def tries(alerts: Alerts, deadline: Deadline, retry: tenacity.retry_base) -> tenacity.Retrying:
    """As many tries as alerts.yaml says, with growing waits, none of them beyond the deadline."""

    def is_over(state: tenacity.RetryCallState) -> bool:
        return state.attempt_number >= alerts.max_tries or deadline.seconds_left <= state.upcoming_sleep

    return tenacity.Retrying(
        retry=retry, stop=is_over, wait=tenacity.wait_exponential_jitter(_FIRST_WAIT_SECONDS, max=20), reraise=True
    )


def _post_once(
    pool: urllib3.PoolManager,
    channel: Channel,
    build: Callable[[], tuple[str, Mapping[str, Any]]],
    judge: Callable[[Mapping[str, Any]], DeliveryVerdict],
    alerts: Alerts,
    deadline: Deadline,
) -> str:
    url, body = build()
    seconds = min(alerts.timeout_seconds, max(deadline.seconds_left, 0.1))
    try:
        response = pool.request(
            "POST",
            url,
            body=json.dumps(body, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json; charset=utf-8"},
            timeout=urllib3.Timeout(connect=seconds, read=seconds),
            redirect=False,
            preload_content=False,
        )
        with contextlib.closing(response):
            content = _read(response, Deadline(seconds))
    except (HTTPError, OSError, ValueError) as error:
        # The text of these errors holds the address.
        _blame_proxy(channel, trouble_with_proxy(url, error))
        why = _reason(reason_of(error), seconds)
        todo = "See that this machine reaches the host."
        raise _passing(channel, f"the channel can't be reached: {why}", todo=todo) from None
    _blame_proxy(channel, trouble_with_proxy(url, status=response.status))
    if response.status >= 500 or response.status == 429:
        raise _passing(
            channel,
            "the channel is not well",
            found=f"HTTP {response.status}",
            expected="HTTP 200",
            todo="If it stays, see whether the platform has trouble.",
        )
    verdict = _judge(response.status, content, judge)
    if verdict.is_taken:
        return verdict.said
    refused = _passing(
        channel,
        "the channel did not take the message",
        found=without_secrets(verdict.said, channel),
        expected="an answer with code 0",
        todo=verdict.todo or "Look into its settings, then run `scrapy alert_test`.",
    )
    refused.may_retry = verdict.may_retry
    raise refused


def _blame_proxy(channel: Channel, trouble: ProxyTrouble | None) -> None:
    if trouble is not None:
        raise _passing(channel, trouble.what, found=trouble.found, todo=trouble.todo)


def _passing(channel: Channel, what: str, *, found: str = "", expected: str = "", todo: str) -> AlertError:
    """An error after which the same message may be taken a moment later."""
    error = AlertError(what, where=place(channel), found=found, expected=expected, todo=todo)
    error.may_retry = True
    return error


def _judge(status: int, content: bytes, judge: Callable[[Mapping[str, Any]], DeliveryVerdict]) -> DeliveryVerdict:
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        # 3xx and 4xx with a page, or a captive portal's page with 200.
        return DeliveryVerdict(
            False, f"HTTP {status} without a JSON answer", "See that the address is the whole webhook."
        )
    return judge(answer)


def _read(response: urllib3.BaseHTTPResponse, deadline: Deadline) -> bytes:
    content = b""
    while len(content) < _MOST_BYTES:
        piece = response.read1(4096)
        content += piece
        if not piece:
            return content
        # A server that sends a byte now and then keeps within the time-out of every single read.
        if not deadline.seconds_left:
            raise TimeoutError
    return content


def _reason(error: Exception, seconds: float) -> str:
    for kind, words in (
        (NameResolutionError, "its host name is not known"),
        (NewConnectionError, "nobody listens there"),
        (SSLError, "there is no trusted connection"),
        (TimeoutError, f"no answer within {seconds:.0f} s"),
    ):
        if isinstance(error, kind):
            return words
    return f"the connection broke off ({type(error).__name__})"


def place(channel: Channel) -> str:
    """The channel for people: its name, its kind and its host."""
    host = urlsplit(channel.url.get_secret_value()).hostname if channel.kind != "apprise" else None
    return f"alerts.yaml, channel {channel.name!r} ({', '.join(filter(None, (channel.kind, host)))})"


def without_secrets(text: str, channel: Channel) -> str:
    """A platform's words, shortened, without any part of the address that opens the group."""
    url = channel.url.get_secret_value()
    parts = urlsplit(url)
    secrets = {url, channel.secret.get_secret_value(), parts.query, parts.path.rpartition("/")[2]}
    secrets |= {value for _, value in parse_qsl(parts.query)}
    for secret in sorted((s for s in secrets if len(s) > 3), key=len, reverse=True):
        text = text.replace(secret, "…")
    return " ".join(text.split())[:160]
