"""What a node does when the master calls: one module per topic, procedures bound by ``base.implements``."""
