"""Caseworkers: worklist, clocks, evidence review, decision."""
