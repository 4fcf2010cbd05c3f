"""Words and directions of a vector space: lists, number lines, matrices."""
