"""The record of every operation: appended with the change, sequenced into a signed hash tree."""
