"""The objects that live in threads of their own and answer the session's requests."""
