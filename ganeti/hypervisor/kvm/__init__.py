"""KVM: guests run by QEMU, with hardware virtualisation or under software emulation."""
