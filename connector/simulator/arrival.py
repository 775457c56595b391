"""When bytes arrived, which on a busy machine is earlier than when anybody looked: the kernel knows.

Linux tells how long ago a connection last received data (`tcpi_last_data_recv` of `struct tcp_info`, linux/tcp.h), in
milliseconds, as exact as its tick, which is 10 ms or less. Other systems do not; there bytes arrive when they are read.
"""

import asyncio
import socket
import struct

LAST_DATA_RECV = 52
"""Where it is in the structure: behind eight bytes and eleven numbers of four bytes."""
SIZE = LAST_DATA_RECV + 4


def waited_s(transport: asyncio.BaseTransport) -> float:
    """For how long the bytes that are read now have waited, seconds; 0 where nobody knows."""
    connection = transport.get_extra_info("socket")
    if connection is None or not hasattr(socket, "TCP_INFO") or connection.family == socket.AF_UNIX:
        return 0.0
    try:
        told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, SIZE)
    except (OSError, ValueError):  # closed meanwhile; asyncio says the one, uvloop the other
        return 0.0
    (waited_ms,) = struct.unpack_from("=I", told, LAST_DATA_RECV)
    return float(waited_ms) / 1000
