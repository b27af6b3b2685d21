namespace Scatterlist.Verbs.Contract.Tests.Rigs;

/// <summary>What a queue pair is made with, on either side.</summary>
internal sealed record LinkOptions
{
    internal const AccessFlags EveryRemoteRight =
        AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic;

    internal QueuePairType Type { get; init; } = QueuePairType.ReliableConnected;

    internal int SendDepth { get; init; } = 64;

    internal int ReceiveDepth { get; init; } = 64;

    internal int Elements { get; init; } = 4;

    internal int InlineBytes { get; init; } = 64;

    internal int QueueEntries { get; init; } = 256;

    internal AccessFlags Access { get; init; } = EveryRemoteRight;

    /// <summary>0 for the port's own.</summary>
    internal int Mtu { get; init; }

    internal byte Timeout { get; init; } = 14;

    internal byte RetryCount { get; init; } = 7;

    internal byte RnrRetry { get; init; } = 7;

    /// <summary>Code 1: 10 us.</summary>
    internal byte MinRnrTimer { get; init; } = 1;

    internal byte ReadAtomic { get; init; } = 8;

    internal uint QueueKey { get; init; } = 0x1234;

    /// <summary>The number of the shared receive queue in the side's table; 0 for none.</summary>
    internal int SharedReceiveQueue { get; init; }

    internal void Write(BinaryWriter writer)
    {
        writer.Write((int)Type);
        writer.Write(SendDepth);
        writer.Write(ReceiveDepth);
        writer.Write(Elements);
        writer.Write(InlineBytes);
        writer.Write(QueueEntries);
        writer.Write((int)Access);
        writer.Write(Mtu);
        writer.Write(Timeout);
        writer.Write(RetryCount);
        writer.Write(RnrRetry);
        writer.Write(MinRnrTimer);
        writer.Write(ReadAtomic);
        writer.Write(QueueKey);
        writer.Write(SharedReceiveQueue);
    }

    internal static LinkOptions Read(BinaryReader reader) => new()
    {
        Type = (QueuePairType)reader.ReadInt32(),
        SendDepth = reader.ReadInt32(),
        ReceiveDepth = reader.ReadInt32(),
        Elements = reader.ReadInt32(),
        InlineBytes = reader.ReadInt32(),
        QueueEntries = reader.ReadInt32(),
        Access = (AccessFlags)reader.ReadInt32(),
        Mtu = reader.ReadInt32(),
        Timeout = reader.ReadByte(),
        RetryCount = reader.ReadByte(),
        RnrRetry = reader.ReadByte(),
        MinRnrTimer = reader.ReadByte(),
        ReadAtomic = reader.ReadByte(),
        QueueKey = reader.ReadUInt32(),
        SharedReceiveQueue = reader.ReadInt32(),
    };
}
