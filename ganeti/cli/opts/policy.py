"""Options for the instance policy."""

from ganeti.cli.options import Option

IPOLICY_BOUNDS_SPECS = Option(
    ("--ipolicy-bounds-specs",),
    "ipolicy_bounds_specs",
    help="bounds of the instance policy as min:KEY=VALUE,.../max:KEY=VALUE,...[//...]",
    type="multilistidentkeyval",
)
IPOLICY_DISK_TEMPLATES = Option(
    ("--ipolicy-disk-templates",),
    "ipolicy_disk_templates",
    help="comma-separated disk templates that the instance policy allows",
    type="list",
)
IPOLICY_SPINDLE_RATIO = Option(
    ("--ipolicy-spindle-ratio",),
    "ipolicy_spindle_ratio",
    help="largest allowed ratio of used to present spindles",
    type="maybefloat",
)
IPOLICY_STD_SPECS = Option(
    ("--ipolicy-std-specs",),
    "ipolicy_std_specs",
    help="standard instance of the instance policy as KEY=VALUE,...",
    type="keyval",
)
IPOLICY_VCPU_RATIO = Option(
    ("--ipolicy-vcpu-ratio",),
    "ipolicy_vcpu_ratio",
    help="largest allowed ratio of virtual to physical processors",
    type="maybefloat",
)
SPECS_CPU_COUNT = Option(
    ("--specs-cpu-count",),
    "ispecs_cpu_count",
    help="processors of instances as min=N,max=N,std=N",
    type="keyval",
    default={},
)
SPECS_DISK_COUNT = Option(
    ("--specs-disk-count",),
    "ispecs_disk_count",
    help="number of disks of instances as min=N,max=N,std=N",
    type="keyval",
    default={},
)
SPECS_DISK_SIZE = Option(
    ("--specs-disk-size",),
    "ispecs_disk_size",
    help="size of disks of instances as min=SIZE,max=SIZE,std=SIZE",
    type="keyval",
    default={},
)
SPECS_MEM_SIZE = Option(
    ("--specs-mem-size",),
    "ispecs_mem_size",
    help="memory of instances as min=SIZE,max=SIZE,std=SIZE",
    type="keyval",
    default={},
)
SPECS_NIC_COUNT = Option(
    ("--specs-nic-count",),
    "ispecs_nic_count",
    help="number of network interfaces of instances as min=N,max=N,std=N",
    type="keyval",
    default={},
)
