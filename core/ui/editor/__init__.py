"""A text field that shows, while one types, what the redactor will take out.

`live_editor` draws it and gives back what Python knows of the text. The preview it shows is a courtesy:
what is sent is redacted again on the server.
"""

from core.ui.editor.editor import Asked, EditorValue, live_editor

__all__ = ["Asked", "EditorValue", "live_editor"]
