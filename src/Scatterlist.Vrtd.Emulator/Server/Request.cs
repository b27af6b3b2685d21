using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>One request while it is handled.</summary>
internal readonly ref struct Request
{
    internal required Client Client { get; init; }

    internal required Opcode Opcode { get; init; }

    internal required ReadOnlySpan<byte> Body { get; init; }

    /// <summary>How many descriptors came with it.</summary>
    internal required int DescriptorCount { get; init; }

    /// <summary>The first of them, still owned by the connection; a handler that keeps it duplicates it.</summary>
    internal required FileDescriptor? Descriptor { get; init; }

    /// <summary>The client's connection, to see whether it is still there.</summary>
    internal required FileDescriptor Connection { get; init; }

    internal required Reply Reply { get; init; }

    /// <summary>Cancelled when the daemon stops.</summary>
    internal required CancellationToken Stopping { get; init; }
}
