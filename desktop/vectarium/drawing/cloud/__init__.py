"""Clouds of points in three dimensions."""
