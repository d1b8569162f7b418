"""What minio-py and urllib3 raise, as sentences. No answer's text is quoted: it may hold signatures."""

from __future__ import annotations

import re
from xml.etree.ElementTree import ParseError

from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3 import exceptions as http

from shopdata import config
from shopdata.exceptions import StoreError
from shopdata.network import current_network
from shopdata.network.pools import reason_of, trouble_with_proxy
from shopdata.store.s3_client import RegionUnknownError
from shopdata.store.tls_probe import speaks_tls


class StoreConflictError(StoreError):
    """Raised by a conditional put when the object is not (or no longer) the one that was to be replaced."""


#: Everything that a call of the client may end with.
FAILURES: tuple[type[Exception], ...] = (MinioException, http.HTTPError, ParseError, ValueError, OSError)

_KEYS = "access_key and secret_key in lake.yaml (SHOPDATA_S3_ACCESS_KEY, SHOPDATA_S3_SECRET_KEY)"
_ENDPOINT = "`endpoint` in lake.yaml (SHOPDATA_S3_ENDPOINT)"
_LATER = "Nothing is lost: the next run sends what is in the outbox first."

_PLACE = "object_store in lake.yaml"
_ADDRESSING = f"`addressing: path` or `addressing: virtual` of {_PLACE}"
_NOT_TLS = f"Set `secure: false` of {_PLACE} (SHOPDATA_S3_SECURE), or name its TLS port in `endpoint`."

#: The S3 code: what, what to do.
_CODES: dict[str, tuple[str, str]] = {
    "SignatureDoesNotMatch": ("the object store refuses the secret key", f"Fix {_KEYS}."),
    "InvalidAccessKeyId": ("the object store does not know the access key", f"Fix {_KEYS}."),
    "NoSuchBucket": (
        "the bucket does not exist",
        "Create it, or fix `bucket` in lake.yaml (SHOPDATA_S3_BUCKET); if it is there, the store may want another "
        f"{_ADDRESSING}.",
    ),
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
    **dict.fromkeys(
        ("InvalidToken", "ExpiredToken", "TokenRefreshRequired", "InvalidSecurity"),
        (
            "the object store refuses the session token",
            "Put the three parts of fresh temporary credentials into access_key, secret_key and session_token of "
            f"{_PLACE}, or use lasting ones without a token.",
        ),
    ),
}
_UNKNOWN = (
    "the object store refused",
    f"Look into the store's own log, and see that region, addressing and secure of {_PLACE} are what it wants.",
)
#: Codes for a bucket that lies elsewhere than the signature says, or is asked for at another region's address.
_OTHER_REGION = frozenset(
    {
        "AuthorizationHeaderMalformed",
        "PermanentRedirect",
        "TemporaryRedirect",
        "Redirect",
        "IllegalLocationConstraintException",
        "IncorrectEndpoint",
        "InvalidRegion",
        "InvalidLocationConstraint",
    }
)
#: Codes of stores that take a bucket's name before the host only (Aliyun, Tencent, Volcengine), or not there.
_OTHER_ADDRESSING = frozenset(
    {"SecondLevelDomainForbidden", "PathStyleDomainForbidden", "InvalidPathAccess", "InvalidBucketName", "InvalidHost"}
)
_ALLOWED = frozenset({"AccessDenied", "AllAccessDisabled", "AccountProblem", "UnauthorizedAccess", "Forbidden"})


def explain(error: Exception, where: str, settings: config.ObjectStoreSettings, right: str = "") -> StoreError:
    """The sentence for one of `FAILURES`.

    Args:
        where: endpoint/bucket/key.
        right: the S3 right that the question needs.
    """
    if isinstance(error, S3Error):
        return _refusal(error, where, settings, right)
    if isinstance(error, RegionUnknownError):
        return StoreError(
            "the object store does not tell this access key the bucket's region",
            where=where,
            found=error.code,
            expected="the right s3:GetBucketLocation, or the region in lake.yaml",
            todo=f"Set `region` of {_PLACE} (us-east-1 where the store knows none), or grant that right.",
        )
    if isinstance(error, ServerError | InvalidResponseError):
        return _strange_answer(error, where, settings)
    if isinstance(error, MinioException | ParseError):
        return StoreError(
            "the answer is not one of an object store",
            where=where,
            found=type(error).__name__,
            todo=f"See that {_ENDPOINT} names the S3 port, not a console or proxy.",
        )
    if isinstance(error, http.HTTPError):
        trouble = trouble_with_proxy(settings.url, error)
        if trouble:
            return StoreError(trouble.what, where=where, found=trouble.found, todo=f"{trouble.todo} {_LATER}")
        return _unreachable(reason_of(error), where, settings)
    if isinstance(error, OSError):
        file = f" {error.filename}" if error.filename else ""
        return StoreError(
            f"the local file{file} can't be used",
            where=where,
            found=error.strerror or type(error).__name__,
            todo="See that it is there, may be read and written, and that the disk is not full.",
        )
    return StoreError(
        "the object store can't be asked this", where=where, found=str(error), todo=f"Fix {_ENDPOINT} or the bucket."
    )


def _refusal(error: S3Error, where: str, settings: config.ObjectStoreSettings, right: str) -> StoreError:
    """For an answer of the store's own."""
    code = error.code or ""
    found = f"{code} (HTTP {getattr(error.response, 'status', '?')})"
    if code in ("PreconditionFailed", "ConditionalRequestConflict"):
        return StoreConflictError(
            "somebody else wrote this object meanwhile",
            where=where,
            found=found,
            todo="Run again: it starts from what is there now.",
        )
    region = _region_in(error)
    if code in _OTHER_REGION or (region and region != settings.region and code in ("BadRequest", "InvalidRequest")):
        return StoreError(
            "the bucket is not asked for in its region",
            where=where,
            found=f"{found}: the store names {region}" if region else found,
            expected=f"region {settings.region}" if settings.region else "",
            todo=f"Set `region{f': {region}' if region else ''}` of {_PLACE}; if its address is one of a region, "
            f"fix {_ENDPOINT} too.",
        )
    if code in _OTHER_ADDRESSING:
        other = "path" if settings.addressing == "virtual" else "virtual"
        return StoreError(
            "the object store wants the bucket's name in another place",
            where=where,
            found=f"{found} for `addressing: {settings.addressing}`",
            todo=f"Set `addressing: {other}` of {_PLACE}.",
        )
    if code in _ALLOWED:
        needed = f"the right {right} for the bucket" if right else "the right to list, read, write and delete in it"
        return StoreError(
            "the object store does not allow this",
            where=where,
            found=found,
            todo=f"Give the access key {needed}, or fix {_KEYS}.",
        )
    what, todo = _CODES.get(code, _UNKNOWN)
    return StoreError(what, where=where, found=found, todo=todo)


def _region_in(error: S3Error) -> str:
    """The region that the store names in its refusal; empty if it names none."""
    header = error.response.headers.get("x-amz-bucket-region", "")
    named = re.search(rb"<Region>\s*([a-z0-9_-]{1,63})\s*</Region>", error.response.data or b"")
    region = named[1].decode() if named else header
    return region if re.fullmatch(r"[a-z0-9_-]{1,63}", region) else ""


def _strange_answer(
    error: ServerError | InvalidResponseError, where: str, settings: config.ObjectStoreSettings
) -> StoreError:
    status = error.status_code if isinstance(error, ServerError) else getattr(error, "_code", 0)
    trouble = trouble_with_proxy(settings.url, status=status)
    if trouble:
        return StoreError(trouble.what, where=where, found=trouble.found, todo=trouble.todo)
    if status in (400, 426, 301, 302, 307, 308) and _is_tls_asked_plainly(settings):
        return _tls_asked_plainly(where, f"HTTP {status}, and TLS on the same port")
    if status >= 500:
        return StoreError("the object store is not available", where=where, found=f"HTTP {status}", todo=_LATER)
    return StoreError(
        "what answers there is not an object store",
        where=where,
        found=f"HTTP {status} without an S3 answer",
        todo=f"See that {_ENDPOINT} names the S3 port, and that `secure` (SHOPDATA_S3_SECURE) fits it.",
    )


def _is_tls_asked_plainly(settings: config.ObjectStoreSettings) -> bool:
    by_proxy = current_network().proxy_for(settings.url) is not None
    return not settings.secure and not by_proxy and speaks_tls(settings.url, settings.connect_timeout_seconds)


def _tls_asked_plainly(where: str, found: str) -> StoreError:
    return StoreError(
        "the object store speaks TLS, and was asked without",
        where=where,
        found=found,
        expected="plain http, as `secure: false` says",
        todo=f"Set `secure: true` of {_PLACE} (SHOPDATA_S3_SECURE).",
    )


def _unreachable(reason: Exception, where: str, settings: config.ObjectStoreSettings) -> StoreError:
    tries = f"{settings.max_tries} tries" if settings.max_tries > 1 else "one try"
    match reason:
        case http.NameResolutionError():
            is_virtual = settings.addressing == "virtual"
            host = f"{settings.bucket}.{settings.endpoint}" if is_virtual else settings.endpoint
            what, found = "the object store's host name is not known", f"no address for {host} in {tries}"
            todo = f"Fix {_ENDPOINT}, or see why this machine finds no names"
            if is_virtual:
                todo += f"; a store without a name for each bucket wants `addressing: path` of {_PLACE}."
        case http.NewConnectionError():
            what = "nobody listens where the object store should be"
            found = f"{getattr(reason.__cause__, 'strerror', None) or 'no connection'}, {tries}"
            todo = f"Start it, or fix {_ENDPOINT}. {_LATER}"
        case http.ConnectTimeoutError():
            what = "the object store can't be reached"
            found = f"no connection within {settings.connect_timeout_seconds:g} s, {tries}"
            todo = f"See that it runs and that no firewall is between, or fix {_ENDPOINT}. {_LATER}"
        case http.SSLError():
            return _no_trust(reason, where)
        case http.ReadTimeoutError():
            what = "the object store does not answer"
            found = f"silence for {settings.read_timeout_seconds:g} s, {tries}"
            todo = f"See whether it is overloaded. {_LATER}"
        case _ if _is_tls_asked_plainly(settings):
            return _tls_asked_plainly(where, f"{type(reason).__name__}, and TLS on the same port")
        case _:
            what, found = "the connection to the object store broke off", f"{type(reason).__name__} in {tries}"
            todo = _LATER
    return StoreError(what, where=where, found=found, todo=todo)


#: What OpenSSL says where the other side does not speak TLS at all; the second since 3.2.
_PLAIN = ("wrong version number", "record layer failure", "http request", "packet length too long")
#: What it says of a certificate, and what to do about it.
_TRUST = "Point SSL_CERT_FILE, or `ca_file` of object_store in lake.yaml, at the certificate of its authority."
_CERTIFICATES = {
    "self-signed certificate": _TRUST,
    "unable to get local issuer": _TRUST,
    "certificate has expired": "Renew the store's certificate.",
    "not yet valid": "Set the clock of this machine, or fix the store's certificate.",
    "hostname mismatch": f"Fix {_ENDPOINT}: it must be a name that the certificate holds.",
    "ip address mismatch": f"Fix {_ENDPOINT}: it must be a name that the certificate holds.",
}


def _no_trust(reason: http.SSLError, where: str) -> StoreError:
    text = str(reason).lower().replace("_", " ")
    if any(sign in text for sign in _PLAIN):
        return StoreError(
            "the object store does not speak TLS there",
            where=where,
            found="a failed handshake",
            expected="TLS, as `secure: true` says",
            todo=_NOT_TLS,
        )
    sign = next((sign for sign in _CERTIFICATES if sign in text), "")
    other = "a failed handshake" if "certificate" not in text else "a certificate that is not trusted"
    return StoreError(
        "there is no trusted connection to the object store",
        where=where,
        found=sign or other,
        todo=_CERTIFICATES.get(sign, f"{_TRUST} If it speaks plain http on a trusted network: {_NOT_TLS}"),
    )
