"""Redaction of files and folders: text, CSV, JSON lines and FHIR R4, by several processes, resumable, one way only.

Nobody reviews here, so what a clinician would be asked about is redacted, and no map back is kept. Front door: `run_bulk`.
"""

from core.bulk.job import Job
from core.bulk.run import Outcome, run_bulk

__all__ = ["Job", "Outcome", "run_bulk"]
