namespace Scatterlist.Verbs.Contract.Tests.Rigs;

/// <summary>A work request of one element that either side can post, in a form that goes to another process.</summary>
internal sealed record Work(WorkRequestOpcode Opcode, ulong Id)
{
    /// <summary>The local part; a length of 0 is a request without an element.</summary>
    internal nuint Offset { get; init; }

    internal nuint Length { get; init; }

    internal RemoteMemoryRegion Target { get; init; }

    internal uint? Immediate { get; init; }

    internal uint? InvalidateKey { get; init; }

    internal ulong Compare { get; init; }

    internal ulong Swap { get; init; }

    internal bool Unsignaled { get; init; }

    internal bool Inline { get; init; }

    internal bool Fence { get; init; }

    internal bool Solicited { get; init; }

    internal void Write(BinaryWriter writer)
    {
        writer.Write((int)Opcode);
        writer.Write(Id);
        writer.Write((ulong)Offset);
        writer.Write((ulong)Length);
        writer.Write(Target.ToText());
        writer.Write(Immediate is not null);
        writer.Write(Immediate ?? 0);
        writer.Write(InvalidateKey is not null);
        writer.Write(InvalidateKey ?? 0);
        writer.Write(Compare);
        writer.Write(Swap);
        writer.Write(Unsignaled);
        writer.Write(Inline);
        writer.Write(Fence);
        writer.Write(Solicited);
    }

    internal static Work Read(BinaryReader reader) => new((WorkRequestOpcode)reader.ReadInt32(), reader.ReadUInt64())
    {
        Offset = (nuint)reader.ReadUInt64(),
        Length = (nuint)reader.ReadUInt64(),
        Target = RemoteMemoryRegion.Parse(reader.ReadString()),
        Immediate = ReadMaybe(reader),
        InvalidateKey = ReadMaybe(reader),
        Compare = reader.ReadUInt64(),
        Swap = reader.ReadUInt64(),
        Unsignaled = reader.ReadBoolean(),
        Inline = reader.ReadBoolean(),
        Fence = reader.ReadBoolean(),
        Solicited = reader.ReadBoolean(),
    };

    private static uint? ReadMaybe(BinaryReader reader)
    {
        bool isThere = reader.ReadBoolean();
        uint value = reader.ReadUInt32();
        return isThere ? value : null;
    }
}
