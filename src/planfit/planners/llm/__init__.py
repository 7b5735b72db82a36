"""Language models as planners. Nothing of this is imported, and no network touched, with any other planner."""
