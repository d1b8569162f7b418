"""What comes out of the store: whole, and what was put."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from shopdata.exceptions import StoreError
from shopdata.store.s3_client import S3Client
from shopdata.store.upload import SHA256_HEADER, StoredObject

_CHUNK_BYTES = 1024 * 1024


def download(client: S3Client, bucket: str, key: str, target: BinaryIO, max_tries: int, where: str) -> StoredObject:
    """Writes an object into `target`, from its beginning; a connection that breaks off is tried again.

    Raises:
        StoreError: it is not what was put.
        S3Error, and what urllib3 raises: it could not be had.
    """
    # urllib3 tries again until an answer begins; a body that breaks off is ours to ask for again.
    tries = Retrying(
        stop=stop_after_attempt(max_tries),
        wait=wait_exponential(0.2, max=5),
        retry=retry_if_exception_type((ProtocolError, ReadTimeoutError)),
        reraise=True,
    )
    return tries(_download_once, client, bucket, key, target, where)


def _download_once(client: S3Client, bucket: str, key: str, target: BinaryIO, where: str) -> StoredObject:
    target.seek(0)
    target.truncate()
    digest = hashlib.sha256()
    response = client.get_object(bucket, key)
    try:
        for chunk in response.stream(_CHUNK_BYTES, decode_content=False):
            digest.update(chunk)
            target.write(chunk)
    finally:
        response.close()
        response.release_conn()
    stored = StoredObject(key, digest.hexdigest(), target.tell(), response.headers.get("etag", "").strip('"'))
    expected = response.headers.get(SHA256_HEADER, stored.sha256)
    if stored.sha256 != expected:
        raise StoreError(
            "the object is not what was put",
            where=where,
            found=f"sha256 {stored.sha256}",
            expected=expected,
            todo="See who else writes into this bucket, then collect or publish it again with `-a force=1`.",
        )
    return stored
