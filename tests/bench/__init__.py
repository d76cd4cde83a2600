"""Measurements side by side: Slipway and plain Docker by turns, in one run, on one machine. See docs/benchmarks.md."""
