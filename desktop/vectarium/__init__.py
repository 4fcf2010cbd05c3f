"""Vectarium: see GPT-2 think, on your own computer."""

__version__ = "0.1.0"
