"""The text as prose with its draws, the tree of branches, the dice."""
