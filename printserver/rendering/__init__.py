"""Draw: safe pages in, copies with seals, serials, barcodes and codes out. Pure but for the limited child process."""
