"""Tables that ship with planfit. ``telco_churn`` is IBM's, under Apache-2.0."""
