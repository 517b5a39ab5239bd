"""Trains the de-identifier's tagger on text that it writes itself. `python -m training.deid.train`; nothing in core imports this."""
