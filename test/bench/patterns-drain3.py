"""Groups lines with Drain3 as it comes: reads {"name": [line, ...]} on stdin, prints groups and CPU seconds."""

import json
import sys
import time

from drain3 import TemplateMiner
from drain3.template_miner_config import TemplateMinerConfig

sets = json.load(sys.stdin)
answer = {}
for name, lines in sets.items():
    miner = TemplateMiner(config=TemplateMinerConfig())
    start = time.process_time()
    groups = [miner.add_log_message(line)["cluster_id"] for line in lines]
    answer[name] = {"groups": groups, "cpuSeconds": time.process_time() - start}
json.dump(answer, sys.stdout)
