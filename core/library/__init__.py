"""The case library: invented vignettes with a reference diagnosis, to try the app with and to measure with. No person in them exists.

`cases("demo")` may be shown, tried and used to improve the reference engine; `cases("evaluation")` is for measuring alone;
`study_cases` gives either part in the form that a study runs. What they are, how they were written and what they are not fit for is in
`DATASHEET.md`.
"""

from core.library.case import SPECIALTIES, LibraryCase, Part
from core.library.shelf import cases, find, study_cases

__all__ = ["SPECIALTIES", "LibraryCase", "Part", "cases", "find", "study_cases"]
