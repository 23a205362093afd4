"""Many cities at once: who they are, who travels between them, and when."""
