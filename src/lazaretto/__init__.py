"""Lazaretto: would this containment policy hold, and what would it cost the people under it?"""

__version__ = "0.1.0"
