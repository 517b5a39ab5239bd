"""What stands between a page and the spine: who is at the screen, the draft, the review, the sending, the answer kept.

`core.ui.views` draws values; this package holds the session's state and calls `core.consult`. Pages import its modules.
"""
