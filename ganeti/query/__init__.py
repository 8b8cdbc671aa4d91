"""The query engine: declared fields of each resource, compiled filters, live data gathered once per node."""
