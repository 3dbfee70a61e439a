"""Between HTTP and the rooms: who calls, in which transaction, what an error looks like from outside."""
