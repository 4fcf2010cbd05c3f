"""What every pane looks at, and the questions it asks the workers."""
