"""Mail, by the server of `url`: RFC 5321 by smtplib, RFC 5322 and MIME by the standard library's EmailMessage.

`smtps://` speaks TLS from the first byte (465), `smtp://` begins without and goes over to it by STARTTLS (587), without
which no password is sent. A code of 4xx passes by itself, one of 5xx stays; either way the next run tries again.
"""

from __future__ import annotations

import contextlib
import smtplib
from collections.abc import Collection, Iterator
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from urllib.parse import unquote, urlsplit

import tenacity

from shopdata.alerts.channels.posting import Deadline, place, tries
from shopdata.alerts.message import Message, Style, as_plain, body_of, called_in
from shopdata.config import Alerts, Channel
from shopdata.exceptions import AlertError
from shopdata.network import is_loopback
from shopdata.network.authorities import context_trusting
from shopdata.network.description import current_network

_STYLE = Style(escape=as_plain, bold="{}", link="{label}: {url}")
_MOST_BYTES = 200_000
_TLS_PORT, _PORT = 465, 587
#: A workbook of some megabytes takes its time.
_LEAST_SECONDS = 30
#: The server's own words may be long.
_LONGEST_WORDS = 160
#: What servers say to user names and passwords, and to mails that are too large (RFC 3463, RFC 5321 4.2.3).
_SIGN_IN, _TOO_LARGE = frozenset({530, 534, 535}), frozenset({523, 552})


def send(channel: Channel, message: Message, alerts: Alerts, deadline: Deadline) -> str:
    """See `channels.send_message`."""
    to = [*channel.to, *called_in(channel, message)]
    if not to:
        return "nobody to tell: the shops' owners have no address there"
    mail = compose(channel, message.headline, to)
    set_text(mail, body_of(message, _STYLE, _MOST_BYTES, with_headline=False) or message.headline)
    return deliver(channel, mail, alerts, deadline)


def compose(channel: Channel, subject: str, to: Collection[str], mark: str | None = None) -> EmailMessage:
    """A mail without its content. Each address gets it once.

    Args:
        mark: mails of the same mark have the same Message-ID: one that comes twice is known by it.
    """
    mail = EmailMessage()
    sender = _address(channel.sender or unquote(urlsplit(channel.url.get_secret_value()).username or ""))
    mail["Subject"] = as_plain(subject)
    mail["From"] = sender
    mail["To"] = tuple({address.addr_spec.casefold(): address for address in map(_address, to)}.values())
    mail["Date"] = formatdate(localtime=True)
    mail["Message-ID"] = f"<{mark}@{sender.domain}>" if mark else make_msgid(domain=sender.domain)
    return mail


def set_text(mail: EmailMessage, text: str) -> None:
    """Gives it its text, in letters that every server on the way hands on."""
    mail.set_content(text, cte="base64")


def _address(text: str) -> Address:
    name, spec = parseaddr(text)
    return Address(name, addr_spec=spec)


def deliver(channel: Channel, mail: EmailMessage, alerts: Alerts, deadline: Deadline) -> str:
    """Hands a mail to the server; returns what it said, for people: whom it does not know is named.

    Raises:
        AlertError: it took it for nobody, or could not be reached within the tries or the deadline.
    """
    attempt = tries(alerts, deadline, tenacity.retry_if_exception(lambda error: getattr(error, "may_retry", False)))
    return attempt(_deliver_once, channel, mail, alerts, deadline)


def _deliver_once(channel: Channel, mail: EmailMessage, alerts: Alerts, deadline: Deadline) -> str:
    seconds = min(max(alerts.timeout_seconds, _LEAST_SECONDS), max(deadline.seconds_left, 0.1))
    try:
        with _connected(channel, seconds) as server:
            refused = server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        # One that stays tells more than one that passes.
        raise _refusal(channel, *max(error.recipients.values()), "for none of its readers") from None
    except smtplib.SMTPResponseException as error:
        raise _refusal(channel, error.smtp_code, error.smtp_error, type(error).__name__) from None
    except smtplib.SMTPNotSupportedError:
        raise AlertError(
            "the mail server does not offer what is needed",
            where=place(channel),
            expected="STARTTLS, and a sign-in where `url` has a user name",
            todo="Write smtps:// in `url`, with the server's port for TLS.",
        ) from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        # The text of some of these holds the address.
        why = "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
        failed = AlertError(
            f"the mail server can't be reached: {why}",
            where=place(channel),
            todo="See that this machine reaches the host and port of `url`.",
        )
        failed.may_retry = True
        raise failed from None
    return f"taken, but not for {', '.join(refused)}" if refused else "taken"


@contextlib.contextmanager
def _connected(channel: Channel, seconds: float) -> Iterator[smtplib.SMTP]:
    parts = urlsplit(channel.url.get_secret_value())
    host, is_tls = parts.hostname or "", parts.scheme == "smtps"
    context = context_trusting(current_network().authorities)
    server: smtplib.SMTP
    if is_tls:
        server = smtplib.SMTP_SSL(host, parts.port or _TLS_PORT, timeout=seconds, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or _PORT, timeout=seconds)
    with server:
        server.ehlo_or_helo_if_needed()
        if not is_tls and (server.has_extn("starttls") or not is_loopback(host)):
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server


def _refusal(channel: Channel, code: int, said: bytes | str, what: str) -> AlertError:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    password = unquote(urlsplit(channel.url.get_secret_value()).password or "")
    words = words.replace(password, "…") if len(password) > 3 else words
    todo = "Look into its settings, then run `scrapy alert_test`."
    if code in _SIGN_IN:
        todo = "Fix user name and password in `url`; many servers want a code for programs (授权码) in its place."
    error = AlertError(
        f"the mail server did not take it ({what})",
        where=place(channel),
        found=f"{code} {as_plain(words)}"[:_LONGEST_WORDS],
        todo=todo,
    )
    error.may_retry = 400 <= code < 500
    error.is_too_large = code in _TOO_LARGE
    return error
