"""What `peers.py` is made of: systems, processes, rows, standings, tables."""
