"""What `scrapy contract` prints."""

from __future__ import annotations

import yaml

from shopdata.actions.names import as_dataset
from shopdata.lake.odcs import open_contract
from shopdata.workspace import Workspace


def show_contract(workspace: Workspace, name: str) -> int:
    """Prints it as YAML; returns the exit code. Raises UsageError."""
    config = workspace.config
    name = as_dataset(config, name)
    contract = open_contract(name, config.dataset(name), config.lake)
    print(yaml.safe_dump(contract, allow_unicode=True, sort_keys=False, width=120), end="")
    return 0
