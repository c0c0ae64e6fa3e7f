"""Comparison: columns, tables and published figures."""
