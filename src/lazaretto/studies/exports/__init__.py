"""Runs in the forms that others read."""
