"""Readers of tables, one file for each kind of source; `registry.READERS` lists them."""
