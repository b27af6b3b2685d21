using System.Text;

namespace Scatterlist.Vrtd.Wire;

/// <summary>GET_DEVICE_BY_BDF: a PCI address as text. The reply is the device's index.</summary>
internal readonly record struct DeviceByBdfRequest(string Bdf)
{
    public const int Size = 32;

    /// <summary>Whether a text fits the field together with its NUL.</summary>
    public static bool Fits(ReadOnlySpan<char> bdf) => Encoding.UTF8.GetByteCount(bdf) < Size;

    public static bool TryParse(ReadOnlySpan<byte> body, out DeviceByBdfRequest message)
    {
        message = default;
        if (body.Length < Size)
            return false;
        message = new DeviceByBdfRequest(FixedText.Read(body[..Size]));
        return true;
    }

    public int Write(Span<byte> body)
    {
        FixedText.Write(body[..Size], Bdf);
        return Size;
    }
}
