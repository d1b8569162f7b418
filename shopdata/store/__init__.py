"""The object store: any service that speaks S3, by minio-py, with every failure as a sentence."""

from shopdata.store.errors import StoreConflictError
from shopdata.store.object_store import ObjectStore
from shopdata.store.upload import StoredObject

__all__ = ["ObjectStore", "StoreConflictError", "StoredObject"]
