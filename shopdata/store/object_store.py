"""The object store: puts that are verified, gets that are whole, and errors that are sentences.

Blocking and thread-safe: a caller inside the reactor uses a thread.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from minio.commonconfig import CopySource
from minio.error import S3Error

from shopdata import config
from shopdata.exceptions import StoreError
from shopdata.store.download import download
from shopdata.store.errors import FAILURES, StoreConflictError, explain
from shopdata.store.s3_client import PART_BYTES, S3Client
from shopdata.store.upload import SHA256_HEADER, Condition, Content, StoredObject

BINARY = "application/octet-stream"


class ObjectStore:
    """One bucket of an S3-compatible store.

    Every failure is a StoreError that says where (endpoint/bucket/key) and what to do, and holds no secret.
    """

    def __init__(self, settings: config.ObjectStoreSettings) -> None:
        self._settings = settings
        self._bucket = settings.bucket
        with self._as_store_error(""):
            self._client = S3Client(settings)
        #: Until the store says that it does not know `If-Match` (501).
        self._has_conditions = True

    def close(self) -> None:
        """Closes the connections. The object is of no use afterwards."""
        self._client.close()

    def __enter__(self) -> ObjectStore:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def where(self, key: str = "") -> str:
        """endpoint/bucket/key, for people."""
        return "/".join(part for part in (self._settings.endpoint, self._bucket, key) if part)

    def has_bucket(self) -> bool:
        """True if the bucket is there; the cheapest signed question, so it tells a wrong key or address as well."""
        with self._as_store_error("", "s3:ListBucket"):
            try:
                return self._client.bucket_exists(self._bucket)
            except S3Error as error:
                if error.response.data:
                    raise
                # An answer to HEAD has no body to say why; one to GET has.
                next(self._client.list_objects(self._bucket), None)
                return True

    def ensure_bucket(self) -> None:
        """Creates the bucket if it is missing."""
        if self.has_bucket():
            return
        try:
            with self._as_store_error("", "s3:CreateBucket"):
                self._client.make_bucket(self._bucket, location=self._settings.region)
        except StoreError as error:
            if self.has_bucket():  # somebody else was quicker
                return
            raise StoreError(
                "the bucket does not exist and can't be created",
                where=self.where(),
                found=error.found,
                todo="Create it by hand, or give the access key the right s3:CreateBucket; if it is there, fix "
                "`bucket`, or set `addressing` of object_store in lake.yaml to what the store wants.",
            ) from None

    def put_file(
        self,
        key: str,
        path: Path,
        *,
        sha256: str | None = None,
        content_type: str = BINARY,
        skip_unchanged: bool = False,
        if_match: str | None = None,
        if_absent: bool = False,
    ) -> StoredObject:
        """Puts a file and asks the store what it holds now: size and sha256 must be those of the file.

        Args:
            sha256: what the file is known to be; if it has become another since, nothing is sent.
            skip_unchanged: True makes no PUT if the store holds the same bytes already.
            if_match: replace only the object with this ETag.
            if_absent: write only if there is no object yet.

        Raises:
            StoreConflictError: a condition was not met, or another program wrote the same key at the same time.
        """
        with self._as_store_error(key):
            content = Content.of_file(path)
        if sha256 is not None and content.sha256 != sha256:
            raise StoreError(
                f"the local file {path} is no longer the one that was kept",
                where=self.where(key),
                found=f"sha256 {content.sha256}",
                expected=sha256,
                todo="Collect it again with `-a force=1`.",
            )
        return self._put(key, content, content_type, skip_unchanged, Condition(if_match, if_absent))

    def put_bytes(
        self,
        key: str,
        data: bytes,
        *,
        content_type: str = BINARY,
        skip_unchanged: bool = False,
        if_match: str | None = None,
        if_absent: bool = False,
    ) -> StoredObject:
        """Puts bytes as `put_file` puts a file."""
        return self._put(key, Content.of(data), content_type, skip_unchanged, Condition(if_match, if_absent))

    def get_bytes(self, key: str) -> bytes:
        """The whole object, checked as `get_file` does."""
        buffer = io.BytesIO()
        self._download(key, buffer)
        return buffer.getvalue()

    def get_file(self, key: str, path: Path) -> StoredObject:
        """Writes the whole object beside `path` and renames it then, so that `path` is never half a file.

        Size and, if the object has one, sha256 are checked; a connection that breaks off is tried again.
        """
        with self._as_store_error(key):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    stored = self._download(key, file)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        return stored

    @contextlib.contextmanager
    def fetched(self, key: str) -> Iterator[Path]:
        """A copy of the object on this machine's disk, whole as `get_file` has it, for the length of the block."""
        with tempfile.TemporaryDirectory(prefix="shopdata-object-") as folder:
            path = Path(folder, key.rpartition("/")[2])
            self.get_file(key, path)
            yield path

    def stat(self, key: str) -> StoredObject | None:
        """What the store holds under a key, or None."""
        with self._as_store_error(key, "s3:GetObject (and s3:ListBucket, for what is not there)"):
            try:
                found = self._client.stat_object(self._bucket, key)
            except S3Error as error:
                if error.code == "NoSuchKey":
                    return None
                raise
        return StoredObject(key, (found.metadata or {}).get(SHA256_HEADER, ""), found.size or 0, found.etag or "")

    def stat_anywhere(self, key: str) -> StoredObject | None:
        """As `stat`; None also where there is no bucket: before a store's first file there is none."""
        try:
            return self.stat(key)
        except StoreError:
            if self.has_bucket():
                raise
            return None

    def copy(self, source: str, target: str) -> None:
        """Copies an object inside the store, byte by byte and with its sha256; an older one at `target` is replaced."""
        with self._as_store_error(source, "s3:GetObject and s3:PutObject"):
            self._client.copy_object(self._bucket, target, CopySource(self._bucket, source))

    def list_keys(self, prefix: str) -> list[str]:
        """All keys that begin with `prefix`, sorted."""
        with self._as_store_error(prefix, "s3:ListBucket"):
            found = self._client.list_objects(self._bucket, prefix=prefix, recursive=True)
            return sorted(item.object_name for item in found)

    def listing(self, prefix: str) -> list[tuple[str, int, datetime]]:
        """Key, bytes and time of the last change of all objects that begin with `prefix`."""
        with self._as_store_error(prefix, "s3:ListBucket"):
            found = self._client.list_objects(self._bucket, prefix=prefix, recursive=True)
            return [(item.object_name, item.size, item.last_modified) for item in found]

    def remove(self, key: str) -> None:
        """Removes an object; one that is not there is no error."""
        with self._as_store_error(key, "s3:DeleteObject"):
            self._client.remove_object(self._bucket, key)

    def abort_uploads(self, prefixes: Iterable[str], before: datetime) -> list[str]:
        """Ends large uploads that were begun below these prefixes before a moment, and that a kill cut off.

        No list shows them, and they take room in the store for ever. Returns their keys.
        """
        keys: list[str] = []
        # Before a store's first file there is no bucket, and nothing in it to end.
        for prefix in prefixes if self.has_bucket() else ():
            with self._as_store_error(prefix, "s3:ListBucketMultipartUploads"):
                keys += self._client.abort_uploads(self._bucket, prefix, before)
        return keys

    def _put(
        self, key: str, content: Content, content_type: str, skip_unchanged: bool, condition: Condition
    ) -> StoredObject:
        if skip_unchanged:
            before = self.stat(key)
            if before is not None and content.is_in(before):
                return before
        try:
            etag = self._send(key, content, content_type, condition)
        except StoreConflictError:
            # A PUT whose answer was lost is sent again, and then finds itself.
            there = self.stat(key)
            if there is None or not content.is_in(there):
                raise
            return there
        stored = self.stat(key)
        if stored is not None and content.is_in(stored):
            return stored
        if stored is not None and stored.etag != etag:
            raise StoreConflictError(
                "another program wrote this object at the same time",
                where=self.where(key),
                found=f"sha256 {stored.sha256 or 'unknown'}",
                expected=content.sha256,
                todo="Run again: it starts from what is there now.",
            )
        raise StoreError(
            "the object store does not hold what was sent",
            where=self.where(key),
            found="nothing" if stored is None else f"{stored.bytes} bytes, sha256 {stored.sha256 or 'unknown'}",
            expected=f"{content.size_bytes} bytes, sha256 {content.sha256}",
            todo="See whether a proxy on the way changes files or drops `x-amz-meta-` headers.",
        )

    def _send(self, key: str, content: Content, content_type: str, condition: Condition) -> str:
        """One upload, whole or in parts; gives its ETag."""
        conditions = condition.headers()
        about = {"Content-Type": content_type, SHA256_HEADER: content.sha256}
        if conditions and content.is_whole and self._has_conditions:
            with self._as_store_error(key, "s3:PutObject"), content.body() as body:
                try:
                    return self._client.put_whole(self._bucket, key, body, about | conditions)
                except S3Error as error:
                    if error.response.status != 501:
                        raise
                    self._has_conditions = False
        if conditions:
            # No condition on uploads in parts, nor on a store without: a look just before is the next best.
            self._check(key, condition)
        if content.is_whole:
            with self._as_store_error(key, "s3:PutObject"), content.body() as body:
                return self._client.put_whole(self._bucket, key, body, about)
        with self._as_store_error(key, "s3:PutObject"), content.open() as data:
            result = self._client.put_object(
                self._bucket,
                key,
                data,
                content.size_bytes,
                content_type=content_type,
                metadata={"sha256": content.sha256},
                part_size=PART_BYTES,
                num_parallel_uploads=1,
            )
            return (result.etag or "").strip('"')

    def _check(self, key: str, condition: Condition) -> None:
        there = self.stat(key)
        if not condition.is_met_by(there):
            raise StoreConflictError(
                "somebody else wrote this object meanwhile",
                where=self.where(key),
                found="no object" if there is None else f"ETag {there.etag}",
                expected="no object" if condition.if_absent else f"ETag {condition.if_match}",
                todo="Run again: it starts from what is there now.",
            )

    def _download(self, key: str, target: BinaryIO) -> StoredObject:
        with self._as_store_error(key, "s3:GetObject"):
            return download(self._client, self._bucket, key, target, self._settings.max_tries, self.where(key))

    @contextlib.contextmanager
    def _as_store_error(self, key: str, right: str = "") -> Iterator[None]:
        try:
            yield
        except FAILURES as error:
            raise explain(error, self.where(key), self._settings, right) from None
