"""Many runs: made, kept, found again."""
