namespace Scatterlist.Tool.Rdma.PingPong;

/// <summary>
/// The bytes that -c sends and expects. At the begin of every page they are what ibv_rc_pingpong's -c has there, 0;
/// elsewhere they tell the message and the place. The C programs fill all else with one letter, which is taken as well.
/// </summary>
internal static class BallPattern
{
    /// <summary>What the C programs fill their memory with.</summary>
    internal const byte Idle = 0x7b;

    private const int PageSize = 4096;

    internal static void Fill(Span<byte> message, long number)
    {
        for (int i = 0; i < message.Length; i++)
            message[i] = At(number, i);
    }

    /// <summary>Where a message first differs from what was sent; -1: nowhere.</summary>
    internal static int FindDifference(ReadOnlySpan<byte> message, long number)
    {
        for (int i = 0; i < message.Length; i++)
        {
            if (message[i] != At(number, i))
                return i;
        }

        return -1;
    }

    /// <summary>Whether a message is one of the C programs', with their -c or without it.</summary>
    internal static bool IsOfC(ReadOnlySpan<byte> message)
    {
        for (int i = 0; i < message.Length; i++)
        {
            if (message[i] != Idle && (i % PageSize != 0 || message[i] != 0))
                return false;
        }

        return true;
    }

    private static byte At(long number, int index) =>
        index % PageSize == 0 ? (byte)0 : (byte)((number * 131) + (index * 7) + (index >> 8) + 1);
}
