"""What a look at predictions shows: curves, confusions, errors by decile, groups that fail, dependence on columns."""
