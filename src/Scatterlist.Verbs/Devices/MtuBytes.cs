namespace Scatterlist.Verbs;

/// <summary>Payload sizes in bytes and as codes.</summary>
public static class MtuBytes
{
    /// <summary>The bytes of a code: 256 to 4096.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such code.</exception>
    public static int ToBytes(this Mtu mtu) => mtu is >= Mtu.Bytes256 and <= Mtu.Bytes4096
        ? 128 << (int)mtu
        : throw new ArgumentOutOfRangeException(nameof(mtu), mtu, "No such MTU.");

    /// <summary>The code of a number of bytes; false unless it is 256, 512, 1024, 2048 or 4096.</summary>
    public static bool TryFromBytes(ulong bytes, out Mtu mtu)
    {
        mtu = bytes switch
        {
            256 => Mtu.Bytes256,
            512 => Mtu.Bytes512,
            1024 => Mtu.Bytes1024,
            2048 => Mtu.Bytes2048,
            4096 => Mtu.Bytes4096,
            _ => 0,
        };
        return mtu != 0;
    }
}
