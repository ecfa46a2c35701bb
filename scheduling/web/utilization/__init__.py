"""What the clinic's time came to: reports for its admin, and each therapist's own numbers."""
