"""`pipelines_config/` as typed models: shops, portals, lake, schedule and the contract of each dataset."""

from shopdata.config.loading import Config, config_source, load_config, project_folder
from shopdata.config.models import (
    Dataset,
    Dremio,
    JdPortal,
    Job,
    Lake,
    ObjectStore,
    PddPortal,
    Platform,
    Portal,
    Portals,
    Schedule,
    Shop,
)

__all__ = [
    "Config",
    "Dataset",
    "Dremio",
    "JdPortal",
    "Job",
    "Lake",
    "ObjectStore",
    "PddPortal",
    "Platform",
    "Portal",
    "Portals",
    "Schedule",
    "Shop",
    "config_source",
    "load_config",
    "project_folder",
]
