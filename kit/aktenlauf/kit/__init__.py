"""Domain-free plumbing: one small module per idea. Knows nothing of residence law."""
