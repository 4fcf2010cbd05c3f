"""What is compiled for the processor it runs on, and the threads that share it. Importing it takes seconds
the first time."""
