"""Node groups: logical units that create, change and remove them."""
