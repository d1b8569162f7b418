"""A browser that runs here and is used from the board: what a person sees of it, and where their hand goes."""
