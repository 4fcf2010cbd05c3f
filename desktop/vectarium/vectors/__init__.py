"""The mathematics of vector spaces: neighbours, arithmetic, principal components. No Qt, no torch."""
