using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>The reply of GET_SENSOR_INFO: a count, then that many records, 56 at most in one message.</summary>
internal static class SensorInfoResponse
{
    public const int MaxRecords = (FrameHeader.MaxBody - CountSize) / SensorRecord.Size;

    private const int CountSize = 4;

    public static int SizeOf(int count) => CountSize + (count * SensorRecord.Size);

    /// <summary>Reads the records; false unless the count and the length of the body agree exactly.</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, out SensorRecord[] records)
    {
        records = [];
        if (body.Length < CountSize)
            return false;
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(body);
        if (count > MaxRecords || body.Length != SizeOf((int)count))
            return false;
        records = new SensorRecord[count];
        for (int i = 0; i < records.Length; i++)
            records[i] = SensorRecord.Parse(body.Slice(SizeOf(i), SensorRecord.Size));
        return true;
    }

    public static int Write(Span<byte> body, ReadOnlySpan<SensorRecord> records)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(records.Length, MaxRecords);
        BinaryPrimitives.WriteUInt32LittleEndian(body, (uint)records.Length);
        for (int i = 0; i < records.Length; i++)
            records[i].Write(body.Slice(SizeOf(i), SensorRecord.Size));
        return SizeOf(records.Length);
    }
}
