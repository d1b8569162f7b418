"""minio-py with our own time-outs, tries and certificates, and with what it lacks: a PUT that has a condition, and one
that is no larger in memory than what is on the line."""

from __future__ import annotations

import hashlib
import io
import math
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from shopdata import config
from shopdata.exceptions import StoreError
from shopdata.network.pools import pool_for

#: Objects up to this size (bytes) are one PUT, larger ones are sent in parts of it; a part is held in memory, but not
#: a file that is one PUT.
PART_BYTES = 64 * 1024 * 1024
#: A store that says when to come again may ask for this many seconds at most.
_RETRY_AFTER_SECONDS = 10
#: Uploads leave in pieces of this many bytes, see `_InPieces`.
_BLOCK_BYTES = 128 * 1024
#: Refusals that have nothing to do with the right to ask for a bucket's region.
_NOT_ABOUT_REGION = frozenset({"NoSuchBucket", "SignatureDoesNotMatch", "InvalidAccessKeyId", "RequestTimeTooSkewed"})


class RegionUnknownError(MinioException):
    """Raised when the store does not say in which region the bucket lies; `code` is its reason."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class FileBody:
    """A file that is sent as it is read, anew for each try; its last piece only if all of it is what was hashed.

    Args:
        file: at its beginning.
        sha256: its hex digest.
    """

    def __init__(self, file: io.BufferedReader, size_bytes: int, sha256: str) -> None:
        self.size_bytes, self.sha256 = size_bytes, sha256
        self._file, self._digest = file, hashlib.sha256()

    def read(self, count: int) -> bytes:
        """The next bytes. Raises StoreError: they are others than those that were hashed."""
        piece = self._file.read(count)
        self._digest.update(piece)
        if (not piece or self._file.tell() >= self.size_bytes) and self._digest.hexdigest() != self.sha256:
            raise StoreError(
                "a local file changed while it was sent",
                where=self._file.name,
                found=f"sha256 {self._digest.hexdigest()}",
                expected=self.sha256,
                todo="See which program writes to it, and run again.",
            )
        return piece

    def tell(self) -> int:
        """How many bytes were read."""
        return self._file.tell()

    def seek(self, place: int) -> int:
        """To the beginning: from any other place there is nothing to send."""
        if place:
            raise ValueError(f"a file is sent from its beginning, not from {place}")
        self._digest = hashlib.sha256()
        return self._file.seek(0)

    def md5(self) -> str:
        """The digest that goes by TLS, in base 64."""
        digest = hashlib.file_digest(self._file, lambda: hashlib.md5(usedforsecurity=False)).digest()
        self._file.seek(0)
        return b64encode(digest).decode()


class _InPieces(urllib3.PoolManager):
    """Sends a body piece by piece, and follows nobody elsewhere.

    Given whole, a body must leave within the connect time-out (the socket's time-out is for all of `sendall`), so that
    5 s would refuse every large file on a slow line. In pieces, the time-out is for each of them.
    """

    def urlopen(self, method: str, url: str, redirect: bool = True, **kw: Any) -> urllib3.BaseHTTPResponse:  # type: ignore[override]
        if isinstance(kw.get("body"), bytes) and kw["body"]:
            kw["body"] = io.BytesIO(kw["body"])
        # A signature is for one host: whoever sends us to another has to be told to the operator.
        return super().urlopen(method, url, False, **kw)


class _InPiecesByProxy(_InPieces, urllib3.ProxyManager):
    """The same by a proxy."""


class S3Client(Minio):
    """A client for one store. Threads may share it; processes may not (it holds sockets)."""

    def __init__(self, settings: config.ObjectStoreSettings) -> None:
        self._pool = pool_for(
            settings.url,
            ca_file=settings.ca_file,
            direct=_InPieces,
            proxied=_InPiecesByProxy,
            timeout=urllib3.Timeout(connect=settings.connect_timeout_seconds, read=settings.read_timeout_seconds),
            retries=urllib3.Retry(
                total=settings.max_tries - 1,
                backoff_factor=0.2,
                status_forcelist=(500, 502, 503, 504),
                # The last answer comes through, so that the store's own code (SlowDown) can be told.
                raise_on_status=False,
                retry_after_max=min(_RETRY_AFTER_SECONDS, math.ceil(settings.read_timeout_seconds)),
            ),
            # As many as there may be threads; above that urllib3 throws connections away, with a warning.
            maxsize=64,
            blocksize=_BLOCK_BYTES,
        )
        super().__init__(
            # minio-py takes the brackets of an IPv6 address away together with the scheme's own port.
            re.sub(r"(?<=\]):443$" if settings.secure else r"(?<=\]):80$", "", settings.endpoint),
            access_key=settings.access_key,
            secret_key=settings.secret_key.get_secret_value(),
            session_token=settings.session_token.get_secret_value() or None,
            secure=settings.secure,
            region=settings.region,
            http_client=self._pool,
        )
        if settings.addressing == "virtual":
            self.enable_virtual_style_endpoint()  # type: ignore[no-untyped-call]
        elif settings.addressing == "path":
            self.disable_virtual_style_endpoint()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Closes the connections."""
        self._pool.clear()

    def _get_region(self, bucket_name: str | None = None) -> str:
        try:
            return super()._get_region(bucket_name)
        except S3Error as error:
            # 301, 307 and 400 may name the region; of 5xx, 501 alone is about the question.
            if error.code in _NOT_ABOUT_REGION or error.response.status in (301, 307, 400, 500, 502, 503, 504):
                raise
            raise RegionUnknownError(f"{error.code} (HTTP {error.response.status})") from None

    def put_whole(self, bucket: str, key: str, body: bytes | FileBody, headers: Mapping[str, str]) -> str:
        """One PUT, with `If-Match` or `If-None-Match` among its headers where there is a condition.

        `put_object` takes no headers, and all of a file into memory. A presigned URL would take headers, but its query
        is a key to the object for whoever reads the log, and S3 refuses unsigned `x-amz-meta-` headers. So the request
        is signed as `put_object` signs its own.

        Returns:
            the ETag, without quotes.
        """
        response = self._execute("PUT", bucket, key, body=body, headers=dict(headers))  # type: ignore[arg-type]
        return (response.headers.get("etag") or "").strip('"')

    def _build_headers(self, host: str, headers: Any = None, body: Any = None, creds: Any = None) -> Any:
        if not isinstance(body, FileBody):
            return super()._build_headers(host, headers, body, creds)
        is_by_tls = self._base_url.is_https
        digests = {"Content-MD5": body.md5()} if is_by_tls else {}
        built, date = super()._build_headers(host, {**(headers or {}), **digests}, None, creds)
        built["Content-Length"] = str(body.size_bytes)
        if not is_by_tls:
            built["x-amz-content-sha256"] = body.sha256
        return built, date

    def abort_uploads(self, bucket: str, prefix: str, before: datetime) -> list[str]:
        """Ends uploads in parts that were begun before a moment and never ended; minio-py has no public call for it.

        Returns:
            their keys.
        """
        found = self._list_multipart_uploads(bucket, prefix=prefix)
        keys = []
        for upload in found.uploads:
            if upload.upload_id and upload.initiated_time and upload.initiated_time < before:
                self._abort_multipart_upload(bucket, upload.object_name, upload.upload_id)
                keys.append(upload.object_name)
        return keys
