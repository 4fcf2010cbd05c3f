"""Attention patterns: the grid of heads, one head, its arithmetic."""
