"""Everything Streamlit that is not a page: the frame and the session, the form and the review, the live editor, the views.

`core.ui.editor` and `core.ui.views` take values and draw them; they know nothing of stores, clocks or services.
"""
