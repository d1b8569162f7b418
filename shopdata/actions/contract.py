"""What `scrapy contract` prints."""

from __future__ import annotations

from shopdata.actions.names import as_dataset
from shopdata.config import load_config, read_files
from shopdata.lake.odcs import as_text, open_contract


def show_contract(name: str) -> int:
    """Prints it as YAML; returns the exit code. Raises UsageError.

    What it says of a dataset stands in its file: no shop, store or variable need be there.
    """
    config = load_config(needs_shops=False, needs_values=False)
    name = as_dataset(config, name)
    # The model of a file whose variables are not set may be none; the bucket is as it is written then.
    bucket = read_files()["lake.yaml"].value["object_store"]["bucket"]
    print(as_text(open_contract(name, config.dataset(name), str(bucket))), end="")
    return 0
