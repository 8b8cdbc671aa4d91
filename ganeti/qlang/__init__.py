"""The query language as people write it: text filters and name patterns to filters in list form."""
