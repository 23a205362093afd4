"""What a lockdown can contain."""
