"""A worker whose stages do nothing, at the least cost of its own: what is left is the scheduler's."""
import sys

print('{"ready":{}}', flush=True)
for line in sys.stdin:
    if line.strip() == '"stop"':
        break
    print('{"done":{"_0":[]}}', flush=True)
