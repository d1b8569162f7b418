"""The packaged copy of the configuration: what an egg falls back on when SHOPDATA_CONFIG_DIR is not set."""
