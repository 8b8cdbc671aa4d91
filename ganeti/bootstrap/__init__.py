"""What happens outside of the master daemon: creating and destroying the cluster, preparing nodes to join it."""
