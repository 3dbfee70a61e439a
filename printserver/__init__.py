"""Print-control server: sealed contracts printed remotely, in exactly the approved number of copies."""
