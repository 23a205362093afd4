"""Policies worth having, over lawful levers."""
