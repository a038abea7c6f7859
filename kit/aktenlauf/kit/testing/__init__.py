"""Conformance suites, fakes and fault wrappers for whoever writes the next adapter or service."""
