"""The pages of scheduling: what applicants see, and what the office sees."""
