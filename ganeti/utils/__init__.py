"""Files, processes, text and network helpers without knowledge of clusters."""
