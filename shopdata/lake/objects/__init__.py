"""The object store: any service that speaks S3, by minio-py, with every failure as a sentence."""

from shopdata.lake.objects.errors import StoreConflictError
from shopdata.lake.objects.object_store import ObjectStore
from shopdata.lake.objects.upload import StoredObject

__all__ = ["ObjectStore", "StoreConflictError", "StoredObject"]
