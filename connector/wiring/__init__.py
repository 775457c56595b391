"""Where the roles meet the edges: records in and out, and how a process is put together and started."""
