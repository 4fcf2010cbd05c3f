"""What is compiled for the processor it runs on. Importing it takes seconds the first time."""
