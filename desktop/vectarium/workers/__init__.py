"""What answers the session's requests, in threads of a process of their own."""
