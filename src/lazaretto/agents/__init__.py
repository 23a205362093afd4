"""Lazaretto for programs that choose their own steps: tools over the command line."""
