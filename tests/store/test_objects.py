"""The object store against a real S3 server: what is put is verified, what is got is whole."""

from __future__ import annotations

import hashlib
import io
import logging
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from faulty_http import Fault, Server, forward_to, hang_up, s3_error, serve
from minio import Minio

from shopdata import config
from shopdata.exceptions import StoreError
from shopdata.store.errors import StoreConflictError
from shopdata.store.object_store import ObjectStore
from shopdata.store.s3_client import PART_BYTES
from shopdata.store.upload import Content, StoredObject

pytestmark = pytest.mark.services

KEY = "raw/jd/jd_store/dt=2026-03-01/flagship.xlsx"


def plain_client(settings: config.ObjectStoreSettings) -> Minio:
    """A client that is not ours, to look behind our back."""
    return Minio(settings.endpoint, settings.access_key, settings.secret_key.get_secret_value(), secure=False)


@contextmanager
def store_behind(
    settings: config.ObjectStoreSettings, fault: Fault = lambda request: False, after: Fault = lambda request: False
) -> Iterator[tuple[ObjectStore, Server]]:
    """Our store, with a man in the middle who sees every request."""
    answer = forward_to(settings.endpoint, fault, after)
    with serve(answer) as server, ObjectStore(settings.model_copy(update={"endpoint": server.endpoint})) as store:
        store.ensure_bucket()
        yield store, server


def once(fault: Fault) -> Fault:
    """The fault, the first time it applies."""
    spent = threading.Event()

    def look(request: BaseHTTPRequestHandler) -> bool:
        if spent.is_set() or not fault(request):
            return False
        spent.set()
        return True

    return look


def test_a_file_comes_back_as_it_was_put(object_store: ObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "flagship.xlsx"
    source.write_bytes(b"PK\x03\x04 a workbook")
    put = object_store.put_file(KEY, source)

    assert put == StoredObject(KEY, hashlib.sha256(source.read_bytes()).hexdigest(), source.stat().st_size, put.etag)
    assert object_store.stat(KEY) == put
    assert object_store.get_bytes(KEY) == source.read_bytes()
    assert object_store.get_file(KEY, tmp_path / "new" / "copy.xlsx") == put
    assert (tmp_path / "new" / "copy.xlsx").read_bytes() == source.read_bytes()
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["copy.xlsx"]


@pytest.mark.parametrize("size", [0, 3_000_000, PART_BYTES + 1_000_000], ids=["empty", "off the disk", "in two parts"])
def test_any_size(object_store: ObjectStore, tmp_path: Path, size: int) -> None:
    source = tmp_path / "source"
    source.write_bytes(secrets.token_bytes(1000) * (size // 1000))
    assert object_store.put_file(KEY, source).bytes == source.stat().st_size
    object_store.get_file(KEY, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()


def test_a_file_off_the_disk_is_sent_from_its_beginning_at_each_try(
    store_settings: config.ObjectStoreSettings, tmp_path: Path
) -> None:
    """And under the same conditions as any other."""
    source = tmp_path / "source"
    source.write_bytes(secrets.token_bytes(3_000_000))
    assert Content.of_file(source).data is None

    def is_busy(request: BaseHTTPRequestHandler) -> bool:
        if request.command != "PUT" or not request.path.endswith(".xlsx"):
            return False
        s3_error(request, 503, "SlowDown")
        return True

    with store_behind(store_settings, once(is_busy)) as (store, server):
        before = server.count("PUT")
        assert store.put_file(KEY, source, if_absent=True).bytes == 3_000_000
        assert server.count("PUT") == before + 2
        assert store.get_bytes(KEY) == source.read_bytes()
        with pytest.raises(StoreConflictError):
            store.put_bytes(KEY, b"another", if_absent=True)


def test_a_file_that_changes_while_it_is_sent_is_refused(
    store_settings: config.ObjectStoreSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"a" * 3_000_000)
    content = Content.of_file(source)
    source.write_bytes(b"b" * 3_000_000)
    monkeypatch.setattr(Content, "of_file", lambda path: content)
    with ObjectStore(store_settings) as store:
        store.ensure_bucket()
        with pytest.raises(StoreError, match="a local file changed while it was sent"):
            store.put_file(KEY, source)
        assert store.stat(KEY) is None


def test_a_key_with_chinese_comes_back_too(object_store: ObjectStore) -> None:
    object_store.put_bytes("merged/店铺 1+&.xlsx", b"x")
    assert object_store.list_keys("merged/") == ["merged/店铺 1+&.xlsx"]
    assert object_store.get_bytes("merged/店铺 1+&.xlsx") == b"x"


def test_unchanged_bytes_are_not_put_again(
    object_store: ObjectStore, store_settings: config.ObjectStoreSettings
) -> None:
    with store_behind(store_settings) as (store, server):
        first = store.put_bytes(KEY, b"one", skip_unchanged=True)
        assert store.put_bytes(KEY, b"one", skip_unchanged=True) == first
        assert server.count("PUT") == 1
        assert store.put_bytes(KEY, b"two", skip_unchanged=True) != first
        assert server.count("PUT") == 2
        store.put_bytes(KEY, b"two")
        assert server.count("PUT") == 3


def test_keys_are_listed_below_a_prefix(object_store: ObjectStore) -> None:
    for key in ("b/2", "b/1/x", "a/1"):
        object_store.put_bytes(key, b"")
    assert object_store.list_keys("b/") == ["b/1/x", "b/2"]
    assert object_store.list_keys("c/") == []


def test_what_is_removed_is_gone(object_store: ObjectStore) -> None:
    object_store.put_bytes(KEY, b"x")
    object_store.remove(KEY)
    assert object_store.stat(KEY) is None
    object_store.remove(KEY)
    with pytest.raises(StoreError, match="there is no such object"):
        object_store.get_bytes(KEY)


def test_only_the_first_writes_if_absent(object_store: ObjectStore) -> None:
    object_store.put_bytes(KEY, b"first", if_absent=True)
    with pytest.raises(StoreConflictError, match=f"{KEY}: somebody else wrote this object meanwhile"):
        object_store.put_bytes(KEY, b"second", if_absent=True)
    assert object_store.get_bytes(KEY) == b"first"


def test_only_the_object_that_was_seen_is_replaced(object_store: ObjectStore) -> None:
    seen = object_store.put_bytes(KEY, b"one")
    replaced = object_store.put_bytes(KEY, b"two", if_match=seen.etag)
    assert (object_store.get_bytes(KEY), replaced.sha256) == (b"two", hashlib.sha256(b"two").hexdigest())
    with pytest.raises(StoreConflictError):
        object_store.put_bytes(KEY, b"three", if_match=seen.etag)
    assert object_store.get_bytes(KEY) == b"two"


def test_a_store_without_conditions_is_looked_at_before_the_put(store_settings: config.ObjectStoreSettings) -> None:
    def refuse_conditions(request: BaseHTTPRequestHandler) -> bool:
        if not {"If-Match", "If-None-Match"} & set(request.headers.keys()):
            return False
        s3_error(request, 501, "NotImplemented")
        return True

    with store_behind(store_settings, refuse_conditions) as (store, server):
        seen = store.put_bytes(KEY, b"one", if_absent=True)
        store.put_bytes(KEY, b"two", if_match=seen.etag)
        puts = server.count("PUT")
        with pytest.raises(StoreConflictError, match="somebody else wrote"):
            store.put_bytes(KEY, b"three", if_match=seen.etag)
        with pytest.raises(StoreConflictError, match="expected no object"):
            store.put_bytes(KEY, b"three", if_absent=True)
        assert server.count("PUT") == puts, "a condition that does not hold must not write"
        assert store.get_bytes(KEY) == b"two"


def test_a_put_whose_answer_was_lost_finds_itself(store_settings: config.ObjectStoreSettings) -> None:
    def lose_the_answer(request: BaseHTTPRequestHandler) -> bool:
        if request.headers.get("If-None-Match") is None:
            return False
        hang_up(request)
        return True

    with store_behind(store_settings, after=once(lose_the_answer)) as (store, server):
        puts = server.count("PUT")
        assert store.put_bytes(KEY, b"one", if_absent=True).bytes == 3
        assert server.count("PUT") - puts == 2


def test_a_store_that_is_busy_once_is_asked_again(store_settings: config.ObjectStoreSettings) -> None:
    def busy(request: BaseHTTPRequestHandler) -> bool:
        if request.command != "PUT" or not request.path.endswith(".xlsx"):
            return False
        s3_error(request, 503, "SlowDown")
        return True

    with store_behind(store_settings, once(busy)) as (store, _):
        store.put_bytes(KEY, b"one")
        assert store.get_bytes(KEY) == b"one"


def test_a_download_that_broke_off_is_asked_for_again(
    object_store: ObjectStore, store_settings: config.ObjectStoreSettings, tmp_path: Path
) -> None:
    content = secrets.token_bytes(300_000)
    object_store.put_bytes(KEY, content)

    def cut(request: BaseHTTPRequestHandler) -> bool:
        if request.command != "GET" or "location" in request.path:
            return False
        request.send_response(200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content[:1000])
        hang_up(request)
        return True

    with store_behind(store_settings, once(cut)) as (store, _):
        store.get_file(KEY, tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == content
    with store_behind(store_settings, cut) as (store, server):
        with pytest.raises(StoreError, match="the connection to the object store broke off"):
            store.get_bytes(KEY)
        assert sum(request.endswith(".xlsx") for request in server.requests) == store_settings.max_tries


def test_an_object_that_is_not_what_was_put_is_refused(
    object_store: ObjectStore, store_settings: config.ObjectStoreSettings, tmp_path: Path
) -> None:
    plain_client(store_settings).put_object(
        store_settings.bucket, KEY, io.BytesIO(b"rotten"), 6, metadata={"sha256": hashlib.sha256(b"good").hexdigest()}
    )
    target = tmp_path / "file"
    target.write_bytes(b"what was there")
    with pytest.raises(StoreError, match="the object is not what was put"):
        object_store.get_file(KEY, target)
    assert target.read_bytes() == b"what was there"
    assert list(tmp_path.iterdir()) == [target]


def test_a_store_that_keeps_something_else_is_found_out(store_settings: config.ObjectStoreSettings) -> None:
    def drop_metadata(request: BaseHTTPRequestHandler) -> bool:
        if request.command != "PUT" or not request.path.endswith(".xlsx"):
            return False
        # A gateway that writes by itself, and less than it was given.
        plain_client(store_settings).put_object(store_settings.bucket, KEY, io.BytesIO(b"wh"), 2)
        etag = hashlib.md5(b"wh").hexdigest()
        request.rfile.read(int(request.headers["Content-Length"]))
        request.send_response(200)
        request.send_header("ETag", etag)
        request.send_header("Content-Length", "0")
        request.end_headers()
        return True

    with (
        store_behind(store_settings, drop_metadata) as (store, _),
        pytest.raises(StoreError, match=r"does not hold what was sent. Found 2 bytes, .* expected 5 bytes"),
    ):
        store.put_bytes(KEY, b"whole")


def test_a_file_that_changed_since_it_was_kept_is_not_sent(object_store: ObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "file"
    source.write_bytes(b"rotten")
    with pytest.raises(StoreError, match="no longer the one that was kept"):
        object_store.put_file(KEY, source, sha256=hashlib.sha256(b"good").hexdigest())
    assert object_store.stat(KEY) is None


def test_without_a_bucket_no_upload_was_cut_off(store_settings: config.ObjectStoreSettings) -> None:
    with ObjectStore(store_settings) as store:
        assert store.abort_uploads(["raw/"], before=datetime.now(UTC)) == []


def test_uploads_that_were_cut_off_are_ended(
    object_store: ObjectStore, store_settings: config.ObjectStoreSettings
) -> None:
    client = plain_client(store_settings)
    for key in ("raw/large", "ods/large", "foreign/large"):
        client._create_multipart_upload(store_settings.bucket, key, {})
    now = datetime.now(UTC)
    assert object_store.abort_uploads(["raw/", "ods/"], before=now - timedelta(days=1)) == []
    assert object_store.abort_uploads(["raw/", "ods/"], before=now + timedelta(minutes=1)) == ["raw/large", "ods/large"]
    (left,) = client._list_multipart_uploads(store_settings.bucket).uploads
    assert left.object_name == "foreign/large"


def test_many_threads_share_one_store(object_store: ObjectStore) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: object_store.put_bytes(f"raw/{n:03}", b"%d" % n), range(64)))
        assert list(pool.map(lambda n: object_store.get_bytes(f"raw/{n:03}"), range(64))) == [
            b"%d" % n for n in range(64)
        ]
    assert len(object_store.list_keys("raw/")) == 64


def test_of_many_that_write_if_absent_one_wins(object_store: ObjectStore) -> None:
    def write(number: int) -> bool:
        try:
            object_store.put_bytes(KEY, b"%d" % number, if_absent=True)
        except StoreConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = [number for number, wrote in enumerate(pool.map(write, range(8))) if wrote]
    assert len(won) == 1
    assert object_store.get_bytes(KEY) == b"%d" % won[0]


def test_many_may_create_the_bucket_at_once(store_settings: config.ObjectStoreSettings) -> None:
    with ObjectStore(store_settings) as store, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.ensure_bucket(), range(8)))
        assert store.has_bucket()


def test_a_missing_bucket_is_said_and_not_made_by_a_put(store_settings: config.ObjectStoreSettings) -> None:
    with ObjectStore(store_settings) as store:
        with pytest.raises(StoreError, match=f"{store_settings.bucket}/{KEY}: the bucket does not exist"):
            store.put_bytes(KEY, b"x")
        assert not store.has_bucket()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        pytest.param({"access_key": "nobody"}, "does not know the access key", id="wrong access key"),
        pytest.param({"secret_key": "wrong-secret-1234"}, "refuses the secret key", id="wrong secret"),
        pytest.param(
            {"secret_key": "wrong-secret-1234", "region": "us-east-1"},
            "refuses the secret key",
            id="wrong, with a region",
        ),
    ],
)
def test_wrong_keys_are_said_without_them(
    store_settings: config.ObjectStoreSettings, changed: dict[str, str], sentence: str
) -> None:
    settings = config.ObjectStoreSettings.model_validate(store_settings.model_dump() | changed)
    with ObjectStore(settings) as store, pytest.raises(StoreError, match=sentence) as caught:
        store.ensure_bucket()
    assert "SHOPDATA_S3_SECRET_KEY" in str(caught.value)
    assert settings.secret_key.get_secret_value() not in str(caught.value)
    assert caught.value.__cause__ is None


def test_logs_hold_no_signature(
    object_store: ObjectStore, store_settings: config.ObjectStoreSettings, caplog: pytest.LogCaptureFixture
) -> None:
    # The alerts keep urllib3 quiet wherever they are imported.
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="urllib3.connectionpool"):
        seen = object_store.put_bytes(KEY, b"one", if_absent=True)
        object_store.put_bytes(KEY, b"two", if_match=seen.etag)
        object_store.get_bytes(KEY)
        object_store.list_keys("raw/")
    assert KEY.rpartition("/")[2] in caplog.text, "urllib3 logs paths at DEBUG: the check below looks at something"
    for secret in ("Signature", "X-Amz-Credential", store_settings.secret_key.get_secret_value()):
        assert secret not in caplog.text
