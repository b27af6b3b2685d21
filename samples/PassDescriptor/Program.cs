// Memory is shared with another process by sending its descriptor over a UNIX socket. Here both ends are in one process.
using Scatterlist;
using Scatterlist.HostFd;

(UnixSocket mine, UnixSocket theirs) = UnixSocket.CreatePair(UnixSocketType.SeqPacket);
using (mine)
using (theirs)
using (HostBuffer buffer = HostBuffer.Allocate(4096, new HostBufferOptions { IsShareable = true }))
{
    mine.SendMsg("here are 4096 bytes"u8, [buffer.Descriptor!.Value]);

    Span<byte> text = stackalloc byte[64];
    using var descriptors = new ReceivedDescriptors(); // closes what is not taken
    ReceiveResult received = theirs.RecvMsg(text, descriptors);
    using FileDescriptor memory = descriptors.Take(0);

    // What one end writes through the descriptor, the other sees in its memory: there is one copy.
    HostIO.WriteFullyOrThrow(memory, "hello"u8, 0);
    bool right = received.Bytes == 19 && buffer.AsSpan(0, 5).SequenceEqual("hello"u8);
    Console.WriteLine(right ? "one copy, two owners" : $"something is wrong: {received}");
    return right ? 0 : 1;
}
