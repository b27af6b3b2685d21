using Scatterlist.Compare.Harness;
using Scatterlist.Vrtd;

namespace Scatterlist.Compare.Areas.Vrtd;

/// <summary>The data paths of the library that no comparison takes.</summary>
internal sealed class VrtdDataPaths : IDisposable
{
    private const int Size = 4096;

    private readonly DeviceBuffer _device;
    private readonly Stream _stream;
    private readonly HostBuffer _host = HostBuffer.Allocate(2 * Size);
    private readonly byte[] _bytes = new byte[Size];
    private readonly Block[] _blocks;

    public VrtdDataPaths(Device device)
    {
        _device = device.OpenDdrBuffer(Size);
        _stream = _device.OpenStream();
        Block whole = new(_host.Address, _host.Length);
        _blocks = [whole.Slice(0, 64), whole.Slice(Size, 64)];
        All =
        [
            new("SyncToDevice and SyncFromDevice that throw", Syncs),
            new("device buffer and span", OverSpan),
            new("device buffer and host buffer", OverBuffer),
            new("device buffer and blocks", OverBlocks),
            new("device buffer as a stream", OverStream),
        ];
    }

    public IReadOnlyList<DataPath> All { get; }

    public void Dispose()
    {
        _stream.Dispose();
        _device.Dispose();
        _host.Dispose();
    }

    private void Syncs(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            _device.SyncToDevice(1, Size - 2);
            _device.SyncFromDevice(1, Size - 2);
        }
    }

    private void OverSpan(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            Transfer.Check(_device.TryWrite(0, _bytes), Size);
            Transfer.Check(_device.TryRead(0, _bytes), Size);
        }
    }

    private void OverBuffer(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            Transfer.Check(_device.TryWrite(0, _host, Size, Size), Size);
            Transfer.Check(_device.TryRead(0, _host, Size, Size), Size);
        }
    }

    private void OverBlocks(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            Transfer.Check(_device.TryWrite(0, new BlockSequence(_blocks)), 128);
            Transfer.Check(_device.TryRead(0, new BlockSequence(_blocks)), 128);
        }
    }

    private void OverStream(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            _stream.Position = 0;
            _stream.Write(_bytes);
            _stream.Position = 0;
            _stream.ReadExactly(_bytes);
        }
    }
}
