"""One small file per dataset: what is asked for, in the order it is asked."""
