"""IP networks: logical units that create, change, connect and remove them."""
