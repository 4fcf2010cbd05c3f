"""Widgets that draw arrays and know no model."""
