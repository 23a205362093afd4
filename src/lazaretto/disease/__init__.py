"""Natural history of each variant: tables with sources, and the courses an infection can take."""

from lazaretto.disease.catalogue import variant, variants
from lazaretto.disease.course_table import CourseTable, courses
from lazaretto.disease.natural_history import Variant

__all__ = ["CourseTable", "Variant", "courses", "variant", "variants"]
