"""`pipelines_config/` as typed models: shops, portals, lake, schedule, the contract of each dataset, and recipes.

Imports leaf modules and the network's hosts only, and asks nobody: who has a `Config` needs no file any more.
"""

from shopdata.config.alerts import Alerts, Channel
from shopdata.config.config import Config
from shopdata.config.datasets import Dataset
from shopdata.config.digests import config_digests, installed_packages
from shopdata.config.env_file import EnvFile, fill_from, read_env_file
from shopdata.config.env_values import odd_settings
from shopdata.config.folder import config_source, in_project, project_folder
from shopdata.config.lake import Dremio, Lake, ObjectStoreSettings
from shopdata.config.loading import (
    OWN_VARIABLES,
    load_alerts,
    load_config,
    read_files,
    recipe_heads,
)
from shopdata.config.platforms import Platform, find_platform, platform_named, platforms
from shopdata.config.portals import Portal
from shopdata.config.schedule import COMMANDS, Job, Schedule
from shopdata.config.second_look import SecondLook, look_again
from shopdata.config.shipped import shipped_files
from shopdata.config.shops import KeptShops, Shop, Shops

__all__ = [
    "COMMANDS",
    "OWN_VARIABLES",
    "Alerts",
    "Channel",
    "Config",
    "Dataset",
    "Dremio",
    "EnvFile",
    "Job",
    "KeptShops",
    "Lake",
    "ObjectStoreSettings",
    "Platform",
    "Portal",
    "Schedule",
    "SecondLook",
    "Shop",
    "Shops",
    "config_digests",
    "config_source",
    "fill_from",
    "find_platform",
    "in_project",
    "installed_packages",
    "load_alerts",
    "load_config",
    "look_again",
    "odd_settings",
    "platform_named",
    "platforms",
    "project_folder",
    "read_env_file",
    "read_files",
    "recipe_heads",
    "shipped_files",
]
