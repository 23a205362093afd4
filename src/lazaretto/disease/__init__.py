"""Natural history, severity, vaccines and tests: tables with sources, and pure functions."""

from lazaretto.disease.catalogue import variant, variants
from lazaretto.disease.course_table import CourseTable, courses
from lazaretto.disease.natural_history import Variant
from lazaretto.disease.severity import Severity, severity
from lazaretto.disease.testing import false_positive, pooled
from lazaretto.disease.vaccines import NOT_YET, Vaccine, dose_days, vaccine

__all__ = [
    "NOT_YET",
    "CourseTable",
    "Severity",
    "Vaccine",
    "Variant",
    "courses",
    "dose_days",
    "false_positive",
    "pooled",
    "severity",
    "vaccine",
    "variant",
    "variants",
]
