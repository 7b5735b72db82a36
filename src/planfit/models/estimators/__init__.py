"""The estimators that families build. Apart from the families, so that a catalogue can be read without them."""
