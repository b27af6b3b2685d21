namespace Scatterlist.Vrtd.Tests;

/// <summary>A device buffer, and a whole card, as streams.</summary>
public sealed class StreamTests
{
    [Fact]
    public void Position_0_is_the_first_byte_of_the_buffer()
    {
        using Emulated emulated = new();
        using DeviceBuffer other = emulated.Device.OpenDdrBuffer(1);
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        using Stream stream = buffer.OpenStream();
        stream.Write([1, 2, 3]);
        stream.WriteByte(4);

        Assert.Equal((4L, (long)buffer.Size), (stream.Position, stream.Length));
        byte[] read = new byte[4];
        buffer.Read(0, read);
        Assert.Equal([1, 2, 3, 4], read);
        stream.Position = 1;
        Assert.Equal(2, stream.ReadByte());
        Assert.Equal(2, stream.Position);
    }

    [Fact]
    public void Seeking_goes_from_every_origin_and_never_before_the_start()
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        using Stream stream = buffer.OpenStream();

        Assert.Equal(10, stream.Seek(10, SeekOrigin.Begin));
        Assert.Equal(15, stream.Seek(5, SeekOrigin.Current));
        Assert.Equal((long)buffer.Size - 1, stream.Seek(-1, SeekOrigin.End));
        Assert.Throws<IOException>(() => stream.Seek(-1, SeekOrigin.Begin));
        Assert.Throws<IOException>(() => stream.Seek(long.MaxValue, SeekOrigin.Current));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Position = -1);
        Assert.Equal((long)buffer.Size - 1, stream.Position);
        Assert.Throws<NotSupportedException>(() => stream.SetLength(5));
    }

    [Fact]
    public void The_end_of_the_buffer_is_the_end_of_the_stream()
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenRawBuffer(new DeviceAddress(0x600_0000_0010), 10);
        using Stream stream = buffer.OpenStream();
        stream.Position = 8;

        Assert.Throws<IOException>(() => stream.Write([1, 2, 3]));
        stream.Write([1, 2]);
        Assert.Throws<IOException>(() => stream.WriteByte(1));
        Assert.Equal(0, stream.Read(new byte[5]));
        Assert.Equal(-1, stream.ReadByte());
        stream.Position = 7;
        byte[] read = new byte[5];
        Assert.Equal(3, stream.Read(read));
        Assert.Equal([0, 1, 2, 0, 0], read);
        stream.Position = 1000;
        Assert.Equal(0, stream.Read(read));
    }

    [Fact]
    public async Task Streams_copy_through_device_memory()
    {
        using Emulated emulated = new();
        using DeviceBuffer buffer = emulated.Device.OpenHbmBuffer(9, 1);
        byte[] bytes = Pattern.Make(1_000_000);
        using Stream stream = buffer.OpenStream();
        await new MemoryStream(bytes).CopyToAsync(stream, TestContext.Current.CancellationToken);
        stream.Position = 0;
        byte[] read = new byte[bytes.Length];
        await stream.ReadExactlyAsync(read, TestContext.Current.CancellationToken);

        Assert.Equal(bytes, read);
    }

    [Fact]
    public void A_stream_is_a_view_that_ends_with_its_buffer_and_not_the_other_way_round()
    {
        using Emulated emulated = new();
        DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        Stream first = buffer.OpenStream();
        Stream second = buffer.OpenStream();
        first.Dispose();
        Assert.Throws<ObjectDisposedException>(() => first.ReadByte());
        Assert.Equal(0, second.ReadByte());

        buffer.Close();
        Assert.Throws<ObjectDisposedException>(() => second.ReadByte());
        Assert.False(second.CanRead || second.CanWrite || second.CanSeek);
        Assert.Equal(0, emulated.Buffers);
    }
}
