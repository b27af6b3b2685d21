using System.Buffers.Binary;

namespace Scatterlist.Vfio.Tests;

/// <summary>A card and its client, over one of the ways that need no kernel driver.</summary>
internal sealed class DeviceSetup : IDisposable
{
    private readonly TempDirectory? _directory;
    private readonly VfioUserServer? _server;

    internal DeviceSetup(bool overSocket)
    {
        Card = new TestCard();
        if (overSocket)
        {
            _directory = new TempDirectory();
            _server = VfioUserServer.Start(_directory["card"], Card);
            Device = VfioUserDevice.Connect(_directory["card"]);
        }
        else
        {
            Device = InProcessDevice.Open(Card);
        }
    }

    internal TestCard Card { get; }

    internal IVfioDevice Device { get; }

    internal static ulong Read64(IVfioDevice device, ulong offset, int region = 0)
    {
        Span<byte> bytes = stackalloc byte[8];
        Assert.Equal(Errno.None, device.ReadRegion(region, offset, bytes));
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    internal static void Write64(IVfioDevice device, ulong offset, ulong value, int region = 0)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Assert.Equal(Errno.None, device.WriteRegion(region, offset, bytes));
    }

    /// <summary>Has the card copy, and gives what it reports.</summary>
    internal static Errno Copy(
        IVfioDevice device, IoAddress destination, IoAddress source, ulong length, bool onOtherThread = false)
    {
        Write64(device, TestCard.Source, source.Value);
        Write64(device, TestCard.Destination, destination.Value);
        Write64(device, TestCard.Length, length);
        Write64(device, TestCard.Start, onOtherThread ? 2u : 1u);
        Eventually.True(() => Read64(device, TestCard.Status) != ulong.MaxValue, "The copy did not end.");
        return (Errno)Read64(device, TestCard.Status);
    }

    internal ulong Read64(ulong offset) => Read64(Device, offset);

    internal void Write64(ulong offset, ulong value) => Write64(Device, offset, value);

    internal Errno Copy(IoAddress destination, IoAddress source, ulong length, bool onOtherThread = false) =>
        Copy(Device, destination, source, length, onOtherThread);

    public void Dispose()
    {
        Device.Dispose();
        _server?.Dispose();
        Card.Dispose();
        _directory?.Dispose();
    }
}
