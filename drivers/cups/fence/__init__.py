"""CUPS backend `printserver-fence`: brings one copy to a controlled printer at most once, and only with leave.

CUPS starts a job again after a crash, a disabled queue or a restart, and so prints a copy twice; whoever reads its
spool can print a document anywhere. This backend stands between CUPS and its stock `ipp` backend:

1. It opens the job file's header with the machine's private key. What CUPS spools is encrypted; the document is in the
   clear only in the memory of this process.
2. It claims the copy on this machine: the file <fence>/<job-uuid>, which fails if it is there, written through to the
   disk; while the process lives it holds a lock on it. It also locks <fence>/sha256-<digest of the document>, in which
   the start of these very bytes is written down. Found claimed or started: exit 3, CUPS holds the job for a person.
3. It redeems the job's ticket at the server's desk, which answers with the other half of the document's key. Without
   the server nothing is printed: it waits. A ticket that was used or withdrawn: exit 3.
4. It runs the stock `ipp` backend over TLS with the printer's pinned certificate, and gives it the document through a
   named pipe. The moment at which the first octet is asked for is thereby known: it is committed at the desk and
   written down here before any is given. The pipe is fed once.
5. It asks the printer itself how far the job is, so that the next copy need not wait for the stock backend's slow
   questions, and delivers its record to the desk, line by line. If the document was never asked for, no paper can come
   out: then both claims are given back.

Arguments and exit codes: backend(7). Debian's python3 and python3-cryptography only; nothing but opaque ids is written
or logged. Environment, from SetEnv in cups-files.conf:

    PRINTSERVER_FENCE, PRINTSERVER_PINS         folders: claims and records; pinned certificates, one folder a queue
    PRINTSERVER_BACKEND_KEY                     private key, PEM
    PRINTSERVER_DESK                            unix:/path/of/socket, or https://host:port with
    PRINTSERVER_DESK_CERT                       the desk's own certificate, PEM
    PRINTSERVER_BRANCH_CERT, PRINTSERVER_BRANCH_KEY    by which the desk knows this machine, PEM
"""
