"""minio-py with our own time-outs, tries and certificates, and with the one thing it lacks: a conditional PUT."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import urllib3
from minio import Minio

from shopdata import config
from shopdata.lake.trust import trusted_context

#: Objects up to this size (bytes) are one PUT, larger ones are sent in parts of it; a part is held in memory.
PART_BYTES = 64 * 1024 * 1024
#: A store that says when to come again may ask for this many seconds at most.
_RETRY_AFTER_SECONDS = 10
#: Uploads leave in pieces of this many bytes, see `_Pool`.
_BLOCK_BYTES = 128 * 1024


class _Pool(urllib3.PoolManager):
    """Sends a body piece by piece.

    Given whole, a body must leave within the connect time-out (the socket's time-out is for all of `sendall`), so that
    5 s would refuse every large file on a slow line. In pieces, the time-out is for each of them.
    """

    def urlopen(self, method: str, url: str, redirect: bool = True, **kw: Any) -> urllib3.BaseHTTPResponse:  # type: ignore[override]
        if isinstance(kw.get("body"), bytes) and kw["body"]:
            kw["body"] = io.BytesIO(kw["body"])
        return super().urlopen(method, url, redirect, **kw)


class S3Client(Minio):
    """A client for one store. Threads may share it; processes may not (it holds sockets)."""

    def __init__(self, settings: config.ObjectStore) -> None:
        options: dict[str, Any] = {}
        if settings.secure:
            options["ssl_context"] = trusted_context()
        self._pool = _Pool(
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
            **options,
        )
        super().__init__(
            settings.endpoint,
            access_key=settings.access_key,
            secret_key=settings.secret_key.get_secret_value(),
            secure=settings.secure,
            region=settings.region,
            http_client=self._pool,
        )

    def close(self) -> None:
        """Closes the connections."""
        self._pool.clear()

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
