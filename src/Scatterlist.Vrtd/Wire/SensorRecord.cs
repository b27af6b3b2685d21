using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// One sensor in the reply of GET_SENSOR_INFO: its value is <c>Value * 10^UnitExponent</c> of the type's unit.
/// </summary>
internal readonly record struct SensorRecord(
    string Name,
    SensorTypes Type,
    SensorStatus Status,
    sbyte UnitExponent,
    int Value)
{
    public const int Size = 72;

    private const int NameLength = 64;

    public static SensorRecord Parse(ReadOnlySpan<byte> record) => new(
        FixedText.Read(record[..NameLength]),
        (SensorTypes)record[64],
        (SensorStatus)record[65],
        unchecked((sbyte)record[66]),
        BinaryPrimitives.ReadInt32LittleEndian(record[68..]));

    public void Write(Span<byte> record)
    {
        FixedText.Write(record[..NameLength], Name);
        record[64] = (byte)Type;
        record[65] = (byte)Status;
        record[66] = unchecked((byte)UnitExponent);
        record[67] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(record[68..], Value);
    }
}
