"""What minio-py and urllib3 raise, as sentences. No answer's text is quoted: it may hold signatures."""

from __future__ import annotations

from xml.etree.ElementTree import ParseError

from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3 import exceptions as http

from shopdata import config
from shopdata.exceptions import StoreError


class StoreConflictError(StoreError):
    """Raised by a conditional put when the object is not (or no longer) the one that was to be replaced."""


#: Everything that a call of the client may end with.
FAILURES: tuple[type[Exception], ...] = (MinioException, http.HTTPError, ParseError, ValueError, OSError)

_KEYS = "access_key and secret_key in lake.yaml (SHOPDATA_S3_ACCESS_KEY, SHOPDATA_S3_SECRET_KEY)"
_ENDPOINT = "`endpoint` in lake.yaml (SHOPDATA_S3_ENDPOINT)"
_LATER = "Nothing is lost: the next run sends what is in the outbox first."

#: The S3 code: what, what to do.
_CODES: dict[str, tuple[str, str]] = {
    "SignatureDoesNotMatch": ("the object store refuses the secret key", f"Mend {_KEYS}."),
    "InvalidAccessKeyId": ("the object store does not know the access key", f"Mend {_KEYS}."),
    "AccessDenied": (
        "the object store does not allow this",
        f"Give the access key the right to list, read, write and delete in the bucket, or mend {_KEYS}.",
    ),
    "NoSuchBucket": ("the bucket does not exist", "Create it, or mend `bucket` in lake.yaml (SHOPDATA_S3_BUCKET)."),
    "NoSuchKey": (
        "there is no such object",
        "Look with `scrapy verify` what else is missing of this partition; raw files are collected again "
        "with `scrapy crawl` and `-a force=1`.",
    ),
    "RequestTimeTooSkewed": ("the store's clock and ours are too far apart", "Set the clock of this machine."),
    "SlowDown": ("the object store is too busy", _LATER),
    "InternalError": ("the object store failed", f"Look into the store's own log. {_LATER}"),
    "ServiceUnavailable": ("the object store is not available", _LATER),
    "XMinioStorageFull": ("the object store is full", f"Make room in it. {_LATER}"),
    "InsufficientStorage": ("the object store is full", f"Make room in it. {_LATER}"),
    "QuotaExceeded": ("the bucket's quota is used up", f"Raise it. {_LATER}"),
}


def explain(error: Exception, where: str, settings: config.ObjectStore) -> StoreError:
    """The sentence for one of `FAILURES`.

    Args:
        where: endpoint/bucket/key.
    """
    if isinstance(error, S3Error):
        status = getattr(error.response, "status", "?")
        what, todo = _CODES.get(error.code or "", ("the object store refused", "Look into the store's own log."))
        kind = StoreConflictError if error.code in ("PreconditionFailed", "ConditionalRequestConflict") else StoreError
        if kind is StoreConflictError:
            what, todo = "somebody else wrote this object meanwhile", "Run again: it starts from what is there now."
        return kind(what, where=where, found=f"{error.code} (HTTP {status})", todo=todo)
    if isinstance(error, ServerError | InvalidResponseError):
        return _strange_answer(error, where)
    if isinstance(error, MinioException | ParseError):
        return StoreError(
            "the answer is not one of an object store",
            where=where,
            found=type(error).__name__,
            todo=f"See that {_ENDPOINT} names the S3 port, not a console or proxy.",
        )
    if isinstance(error, http.HTTPError):
        reason = error.reason if isinstance(error, http.MaxRetryError) and error.reason else error
        return _unreachable(reason, where, settings)
    if isinstance(error, OSError):
        file = f" {error.filename}" if error.filename else ""
        return StoreError(
            f"the local file{file} can't be used",
            where=where,
            found=error.strerror or type(error).__name__,
            todo="See that it is there, may be read and written, and that the disk is not full.",
        )
    return StoreError(
        "the object store can't be asked this", where=where, found=str(error), todo=f"Mend {_ENDPOINT} or the bucket."
    )


def _strange_answer(error: ServerError | InvalidResponseError, where: str) -> StoreError:
    status = error.status_code if isinstance(error, ServerError) else getattr(error, "_code", 0)
    if status >= 500:
        return StoreError("the object store is not available", where=where, found=f"HTTP {status}", todo=_LATER)
    return StoreError(
        "what answers there is not an object store",
        where=where,
        found=f"HTTP {status} without an S3 answer",
        todo=f"See that {_ENDPOINT} names the S3 port, and that `secure` (SHOPDATA_S3_SECURE) fits it.",
    )


def _unreachable(reason: Exception, where: str, settings: config.ObjectStore) -> StoreError:
    tries = f"{settings.max_tries} tries" if settings.max_tries > 1 else "one try"
    if isinstance(reason, http.NameResolutionError):
        return StoreError(
            "the object store's host name is not known",
            where=where,
            found=f"no address in {tries}",
            todo=f"Mend {_ENDPOINT}, or see why this machine finds no names.",
        )
    if isinstance(reason, http.NewConnectionError):
        return StoreError(
            "nobody listens where the object store should be",
            where=where,
            found=f"{getattr(reason.__cause__, 'strerror', None) or 'no connection'}, {tries}",
            todo=f"Start it, or mend {_ENDPOINT}. {_LATER}",
        )
    if isinstance(reason, http.ConnectTimeoutError):
        return StoreError(
            "the object store can't be reached",
            where=where,
            found=f"no connection within {settings.connect_timeout_seconds:g} s, {tries}",
            todo=f"See that it runs and that no firewall is between, or mend {_ENDPOINT}. {_LATER}",
        )
    if isinstance(reason, http.SSLError):
        return StoreError(
            "there is no trusted connection to the object store",
            where=where,
            found=_tls_reason(reason),
            todo="Point SSL_CERT_FILE at the certificate of its authority; "
            "if it speaks plain http on a trusted network, set SHOPDATA_S3_SECURE=false.",
        )
    if isinstance(reason, http.ReadTimeoutError):
        return StoreError(
            "the object store does not answer",
            where=where,
            found=f"silence for {settings.read_timeout_seconds:g} s, {tries}",
            todo=f"See whether it is overloaded. {_LATER}",
        )
    return StoreError(
        "the connection to the object store broke off",
        where=where,
        found=f"{type(reason).__name__} in {tries}",
        todo=_LATER,
    )


def _tls_reason(reason: http.SSLError) -> str:
    text = str(reason)
    for sign in (
        "self-signed certificate",
        "certificate has expired",
        "Hostname mismatch",
        "unable to get local issuer",
    ):
        if sign.lower() in text.lower():
            return sign
    return "a failed handshake" if "certificate" not in text.lower() else "a certificate that is not trusted"
