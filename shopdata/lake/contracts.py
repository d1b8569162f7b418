"""A dataset's contract beside its data: whoever reads the bucket finds what stands in it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from shopdata.config import Config
from shopdata.exceptions import StoreError
from shopdata.lake.odcs import as_text, open_contract
from shopdata.store.keys import contract_key

if TYPE_CHECKING:
    from shopdata.store.object_store import ObjectStore

logger = logging.getLogger(__name__)

_YAML_TYPE = "application/yaml"


def keep_contract(name: str, config: Config, store: ObjectStore) -> None:
    """Puts the contract where it has changed: the store is asked for its sum, and no more, where it has not.

    What goes wrong is a line in the log: the data is published, and the next run tries again.
    """
    dataset = config.dataset(name)
    text = as_text(open_contract(name, dataset, config.lake.object_store.bucket))
    key = contract_key(dataset.platform, name)
    try:
        store.put_bytes(key, text.encode(), content_type=_YAML_TYPE, skip_unchanged=True)
    except StoreError as error:
        logger.warning("%s: contract not put, retrying with the next partition: %s", name, error)
