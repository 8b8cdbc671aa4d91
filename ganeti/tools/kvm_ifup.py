"""kvm-ifup: the name under which older site scripts know kvm-nic-setup."""

from ganeti.tools.kvm_nic_setup import main

__all__ = ["main"]
