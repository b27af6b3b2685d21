using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.Tests.Fakes;

/// <summary>What a post handed to the device.</summary>
internal sealed unsafe record SentWork(
    ulong Id, WorkRequestOpcode Opcode, SendFlags Flags, uint Immediate, ulong RemoteAddress, uint RemoteKey,
    RawElement[] Elements, byte[] InlineBytes)
{
    internal ulong CompareOrAdd { get; init; }

    internal ulong Swap { get; init; }

    internal uint AtomicKey { get; init; }

    internal uint DatagramQueuePair { get; init; }

    internal uint DatagramKey { get; init; }

    internal static SentWork Of(SendEntry* entry)
    {
        RawElement[] elements = new ReadOnlySpan<RawElement>(entry->List, entry->ListLength).ToArray();
        var bytes = new List<byte>();
        if ((entry->Flags & (uint)SendFlags.Inline) != 0)
        {
            foreach (RawElement element in elements)
                bytes.AddRange(new ReadOnlySpan<byte>((void*)element.Address, (int)element.Length));
        }

        return new SentWork(
            entry->Id, (WorkRequestOpcode)entry->Opcode, (SendFlags)entry->Flags, entry->Immediate,
            entry->RemoteAddress, entry->RemoteKey, elements, [.. bytes])
        {
            CompareOrAdd = entry->CompareOrAdd,
            Swap = entry->Swap,
            AtomicKey = entry->AtomicRemoteKey,
            DatagramQueuePair = entry->RemoteQueuePair,
            DatagramKey = entry->RemoteQueueKey,
        };
    }

    internal static SentWork Of(ReceiveEntry* entry) => new(
        entry->Id, WorkRequestOpcode.Send, SendFlags.Signaled, 0, 0, 0,
        new ReadOnlySpan<RawElement>(entry->List, entry->ListLength).ToArray(), []);
}
