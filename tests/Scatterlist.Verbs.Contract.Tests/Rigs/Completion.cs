namespace Scatterlist.Verbs.Contract.Tests.Rigs;

/// <summary>A work completion of either side.</summary>
internal readonly record struct Completion(
    ulong Id, CompletionStatus Status, CompletionOpcode Opcode, uint ByteLength, CompletionFlags Flags,
    uint? Immediate, uint? InvalidatedKey, uint QueuePairNumber, uint SourceQueuePairNumber)
{
    internal static Completion From(in WorkCompletion completion) => new(
        completion.Id, completion.Status, completion.Opcode, completion.ByteLength, completion.Flags,
        completion.Immediate, completion.InvalidatedKey?.Value, completion.QueuePairNumber,
        completion.SourceQueuePairNumber);

    internal void Write(BinaryWriter writer)
    {
        writer.Write(Id);
        writer.Write((int)Status);
        writer.Write((int)Opcode);
        writer.Write(ByteLength);
        writer.Write((int)Flags);
        writer.Write(Immediate is not null);
        writer.Write(Immediate ?? 0);
        writer.Write(InvalidatedKey is not null);
        writer.Write(InvalidatedKey ?? 0);
        writer.Write(QueuePairNumber);
        writer.Write(SourceQueuePairNumber);
    }

    internal static Completion Read(BinaryReader reader) => new(
        reader.ReadUInt64(), (CompletionStatus)reader.ReadInt32(), (CompletionOpcode)reader.ReadInt32(),
        reader.ReadUInt32(), (CompletionFlags)reader.ReadInt32(), ReadMaybe(reader), ReadMaybe(reader),
        reader.ReadUInt32(), reader.ReadUInt32());

    private static uint? ReadMaybe(BinaryReader reader)
    {
        bool isThere = reader.ReadBoolean();
        uint value = reader.ReadUInt32();
        return isThere ? value : null;
    }
}
