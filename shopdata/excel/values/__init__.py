"""Numbers, dates and times as the text that a person sees in the cell, and back."""
