namespace Scatterlist.Verbs.Contract.Tests.Rigs;

/// <summary>A buffer and its region.</summary>
internal sealed class RegisteredMemory : IDisposable
{
    private RegisteredMemory(HostBuffer buffer, MemoryRegion region)
    {
        Buffer = buffer;
        Region = region;
    }

    internal HostBuffer Buffer { get; }

    internal MemoryRegion Region { get; }

    internal nuint Length => Buffer.Length;

    public void Dispose()
    {
        Region.Dispose();
        Buffer.Dispose();
    }

    /// <summary>Allocates and registers.</summary>
    internal static RegisteredMemory Make(
        ProtectionDomain domain, nuint length, AccessFlags access = LinkOptions.EveryRemoteRight)
    {
        // Pages that a process of the same host can map, as a program does that wants the short path.
        HostBuffer buffer = HostBuffer.Allocate(length, new HostBufferOptions { IsShareable = true });
        try
        {
            return new RegisteredMemory(buffer, domain.Register(buffer, access));
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>A part of it as bytes.</summary>
    internal Span<byte> Bytes(nuint offset, int length) => Buffer.AsSpan(offset, length);
}
