"""Drawing what could be written next, and what was written side by side."""
