"""What people read, in Chinese and English. Imports nothing of the project but its leaf modules."""
