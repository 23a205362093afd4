"""Many policies onward from one day."""
