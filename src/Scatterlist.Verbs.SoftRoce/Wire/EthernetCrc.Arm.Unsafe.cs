using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32;

namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <remarks>
/// The CRC32X instruction takes 8 bytes at a time, but three cycles until its result: three streams side by side hide
/// that. A stream is then moved to its place by a multiplication with x to the bits behind it.
/// </remarks>
internal static unsafe partial class EthernetCrc
{
    private const int StreamsFrom = 768;

    /// <summary>One instruction, or what stands for it where a test runs without.</summary>
    internal interface IStep
    {
        static abstract uint Take(uint state, ulong word);

        static abstract uint Take(uint state, byte value);
    }

    internal static bool IsArmSupported => ArmCrc32.Arm64.IsSupported;

    internal static uint UpdateArm(uint state, byte* data, int length) => UpdateStreams<ArmStep>(state, data, length);

    internal static uint UpdateStreams<TStep>(uint state, byte* data, int length)
        where TStep : struct, IStep
    {
        if (length >= StreamsFrom)
        {
            int words = length / 24;
            byte* second = data + (words * 8), third = second + (words * 8);
            uint b = 0, c = 0;
            for (int i = 0; i < words; i++)
            {
                state = TStep.Take(state, Load64(data + (i * 8)));
                b = TStep.Take(b, Load64(second + (i * 8)));
                c = TStep.Take(c, Load64(third + (i * 8)));
            }

            uint shift = PowerCache.Get(words * 64);
            state = Gf32.Multiply(Gf32.Multiply(state, shift) ^ b, shift) ^ c;
            data += words * 24;
            length -= words * 24;
        }

        for (; length >= 8; length -= 8, data += 8)
            state = TStep.Take(state, Load64(data));
        for (; length > 0; length--, data++)
            state = TStep.Take(state, *data);
        return state;
    }

    private readonly struct ArmStep : IStep
    {
        public static uint Take(uint state, ulong word) => ArmCrc32.Arm64.ComputeCrc32(state, word);

        public static uint Take(uint state, byte value) => ArmCrc32.ComputeCrc32(state, value);
    }
}
