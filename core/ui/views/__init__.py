"""Functions that take values and draw them: no store, no clock, no service, no decision.

`core.ui.views.usage` is imported by the page that needs it alone: it brings pandas along.
Case text and model text are escaped before they are drawn and never read as Markdown.
"""

from core.ui.views.answer import draw_answer, simulated_banner
from core.ui.views.comparison import ComparisonColumn, draw_comparison
from core.ui.views.legend import draw_legend
from core.ui.views.outgoing import ExpectedCall, draw_expected, draw_outgoing
from core.ui.views.paired import draw_pairs
from core.ui.views.partial import draw_partial
from core.ui.views.provenance import Provenance, draw_provenance
from core.ui.views.ranking import CAUTION_NOTE, caution_intervals
from core.ui.views.shell import banner, demo_banner, footer, install_styles, page_header

__all__ = [
    "CAUTION_NOTE",
    "ComparisonColumn",
    "ExpectedCall",
    "Provenance",
    "banner",
    "caution_intervals",
    "demo_banner",
    "draw_answer",
    "draw_comparison",
    "draw_expected",
    "draw_legend",
    "draw_outgoing",
    "draw_pairs",
    "draw_partial",
    "draw_provenance",
    "footer",
    "install_styles",
    "page_header",
    "simulated_banner",
]
