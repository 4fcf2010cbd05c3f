"""One module a pane: each composes drawing widgets, listens to the session and sends requests."""
