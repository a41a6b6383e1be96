"""Groups lines with Drain3: reads {"name": {"lines": [...], "masked": bool}} on stdin, prints groups and CPU seconds."""

import json
import sys
import time

from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig

EDGES = (r"((?<=[^A-Za-z0-9])|^)", r"((?=[^A-Za-z0-9])|$)")

# What Drain3's own example configuration masks.
MASKS = [
    (r"(([0-9a-f]{2,}:){3,}([0-9a-f]{2,}))", "ID"),
    (r"(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})", "IP"),
    (r"([0-9a-f]{6,} ?){3,}", "SEQ"),
    (r"([0-9A-F]{4} ?){4,}", "SEQ"),
    (r"(0x[a-f0-9A-F]+)", "HEX"),
    (r"([\-\+]?\d+)", "NUM"),
]


def run(lines, masked):
    config = TemplateMinerConfig()
    if masked:
        config.drain_extra_delimiters = ["_"]
        config.masking_instructions = [MaskingInstruction(EDGES[0] + p + EDGES[1], m) for p, m in MASKS]
    miner = TemplateMiner(config=config)
    start = time.process_time()
    groups = [miner.add_log_message(line)["cluster_id"] for line in lines]
    return {"groups": groups, "cpuSeconds": time.process_time() - start}


sets = json.load(sys.stdin)
json.dump({name: run(one["lines"], one["masked"]) for name, one in sets.items()}, sys.stdout)
