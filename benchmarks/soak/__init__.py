"""The product under mixed load for a long time, and with its parts killed one by one."""
