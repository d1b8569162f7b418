"""Nothing secret reaches the disk: stand-ins before writing (`stand_ins`, `entries`), and the proof of it (`proof`)."""
