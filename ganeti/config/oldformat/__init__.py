"""Configurations of other releases: up to the format of this one, and down by one.

Works on plain JSON, since the classes in ``objects`` know the present format only. Each step is a pure function from
the whole configuration to a new one and does nothing where there is nothing to do, so all steps can run on any version.
"""
