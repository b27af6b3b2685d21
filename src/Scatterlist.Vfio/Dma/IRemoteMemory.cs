namespace Scatterlist.Vfio;

/// <summary>Memory that somebody else reads and writes for us: a client that sent no descriptor for it.</summary>
internal interface IRemoteMemory
{
    /// <summary>All bytes, or an error.</summary>
    Errno Read(ulong address, Span<byte> destination);

    /// <summary>All bytes, or an error.</summary>
    Errno Write(ulong address, ReadOnlySpan<byte> source);
}
