"""The text as a strip of token boxes that one types into."""
