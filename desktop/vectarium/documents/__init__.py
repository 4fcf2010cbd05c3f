"""What the user made: branches of tokens, undo, files; no Qt, no torch."""
