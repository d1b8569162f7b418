"""minio-py with our own time-outs, tries and certificates, and with the one thing it lacks: a conditional PUT."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from shopdata import config
from shopdata.network.pools import pool_for

#: Objects up to this size (bytes) are one PUT, larger ones are sent in parts of it; a part is held in memory.
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

    def put_if(self, bucket: str, key: str, body: bytes, headers: Mapping[str, str]) -> str:
        """One PUT with `If-Match` or `If-None-Match` among its headers.

        `put_object` takes no headers. A presigned URL would, but its query is a key to the object for whoever reads the
        log, and S3 refuses unsigned `x-amz-meta-` headers. So the request is signed as `put_object` signs its own.

        Returns:
            the ETag, without quotes.
        """
        response = self._execute("PUT", bucket, key, body=body, headers=dict(headers))
        return (response.headers.get("etag") or "").strip('"')

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
