"""One head's numbers, in numpy: behaviours in words, cells, worksheets, exercises."""
