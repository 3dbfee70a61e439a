"""Ratio benchmarks: each figure beside its physical limit or a peer, in processor time of the same run."""
