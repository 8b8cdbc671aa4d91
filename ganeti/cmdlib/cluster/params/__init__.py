"""New values of the cluster's parameters, by family: pure functions from the configuration and what is asked for."""
