using Scatterlist.Vrtd.DataPath;

namespace Scatterlist.Vrtd.Tests;

/// <summary>How single calls become whole transfers, for drivers that no machine without a card has.</summary>
public sealed class PositionalPathTests : IDisposable
{
    private const int Length = 10 << 20;
    private const int MiB = 1 << 20;

    private readonly HostBuffer _host = HostBuffer.Allocate(Length, new HostBufferOptions { IsShareable = true });
    private readonly byte[] _device = Pattern.Make(Length, 2);

    public PositionalPathTests() => Pattern.Make(Length, 1).CopyTo(_host.AsSpan());

    private Block Host => new(_host.Address, Length);

    public void Dispose() => _host.Dispose();

    [Fact]
    public void A_driver_is_given_2_MiB_a_call_and_a_memfd_everything()
    {
        ScriptedPath driver = Path(isRegularFile: false);
        ScriptedPath memfd = Path(isRegularFile: true);
        Assert.Equal((nuint)Length, driver.Write(0, Host, out _));
        Assert.Equal((nuint)Length, memfd.Write(0, Host, out _));

        Assert.Equal(Enumerable.Repeat((nuint)(2 * MiB), 5), driver.Calls);
        Assert.Equal([(nuint)Length], memfd.Calls);
        Assert.True(_device.AsSpan().SequenceEqual(_host.AsSpan()));
    }

    [Fact]
    public void Short_transfers_continue_where_they_ended()
    {
        ScriptedPath path = Path(isRegularFile: true, (_, count) => (nint)nuint.Min(count, 3 * MiB));
        Assert.Equal((nuint)Length, path.Read(0, Host, out Errno errno));

        Assert.Equal(Errno.None, errno);
        Assert.Equal([(nuint)Length, 7 * MiB, 4 * MiB, 1 * MiB], path.Calls);
        Assert.True(_device.AsSpan().SequenceEqual(_host.AsSpan()));
    }

    [Fact]
    public void Interrupted_calls_are_repeated()
    {
        ScriptedPath path = Path(
            isRegularFile: true, (call, count) => call < 50 ? -(nint)Errno.EINTR : (nint)count);
        Assert.Equal((nuint)Length, path.Write(0, Host, out Errno errno));

        Assert.Equal((51, Errno.None), (path.Calls.Count, errno));
    }

    [Fact]
    public void A_driver_without_memory_is_given_half_and_remembered()
    {
        ScriptedPath path = Path(
            isRegularFile: false, (_, count) => count > MiB / 2 ? -(nint)Errno.ENOMEM : (nint)count);
        Assert.Equal(2 * (nuint)MiB, path.Write(0, Host.TakeFirst(2 * MiB), out Errno errno));
        Assert.Equal(Errno.None, errno);
        Assert.Equal([2 * MiB, MiB, MiB / 2, MiB / 2, MiB / 2, MiB / 2], path.Calls);
        Assert.Equal(MiB / 2, path.Chunk);
    }

    [Fact]
    public void A_driver_that_never_has_memory_fails_in_the_end()
    {
        ScriptedPath path = Path(isRegularFile: false, (_, _) => -(nint)Errno.ENOMEM);

        Assert.Equal((nuint)0, path.Read(0, Host, out Errno errno));
        Assert.Equal(Errno.ENOMEM, errno);
        Assert.Equal((nuint)4096, path.Calls[^1]);
    }

    [Theory]
    [InlineData(Errno.ENODEV)]
    [InlineData(Errno.EBADF)]
    [InlineData(Errno.ETIMEDOUT)]
    public void A_failure_keeps_what_had_moved(Errno failure)
    {
        ScriptedPath path = Path(
            isRegularFile: false, (call, count) => call == 2 ? -(nint)failure : (nint)count);

        Assert.Equal((nuint)(4 * MiB), path.Write(0, Host, out Errno errno));
        Assert.Equal(failure, errno);
    }

    [Fact]
    public void A_device_that_moves_nothing_is_an_error_and_not_a_hang()
    {
        ScriptedPath reads = Path(isRegularFile: false, (_, _) => 0);
        ScriptedPath writes = Path(isRegularFile: true, (_, _) => 0);

        Assert.Equal((nuint)0, reads.Read(0, Host, out Errno read));
        Assert.Equal((nuint)0, writes.Write(0, Host, out Errno written));
        Assert.Equal((Errno.EIO, Errno.EIO), (read, written));
    }

    [Fact]
    public void A_file_that_ends_reads_as_zero_from_there()
    {
        ScriptedPath path = Path(isRegularFile: true, (call, _) => call == 0 ? 100 : 0);

        Assert.Equal((nuint)Length, path.Read(0, Host, out Errno errno));
        Assert.Equal(Errno.None, errno);
        Assert.True(_device.AsSpan(0, 100).SequenceEqual(_host.AsSpan(0, 100)));
        Assert.False(_host.AsSpan(100, Length - 100).ContainsAnyExcept((byte)0));
        Assert.Equal(2, path.Calls.Count);
    }

    [Fact]
    public void A_source_that_a_driver_cannot_pin_goes_through_memory_that_it_can()
    {
        int refusals = 0;
        ScriptedPath path = Path(isRegularFile: false, (call, count) =>
        {
            if (call != 1)
                return (nint)count;
            refusals++;
            return -(nint)Errno.EFAULT;
        });
        Assert.Equal((nuint)Length, path.Write(0, Host, out Errno errno));

        Assert.Equal((1, Errno.None), (refusals, errno));
        Assert.True(_device.AsSpan().SequenceEqual(_host.AsSpan()));
        path.Release();
    }

    [Fact]
    public void A_source_that_is_not_there_stays_a_fault()
    {
        using GuardedMemory guarded = GuardedMemory.NoAccess(4096);
        ScriptedPath path = Path(isRegularFile: false, (_, _) => -(nint)Errno.EFAULT);

        Assert.Equal((nuint)0, path.Write(0, new Block(guarded.FaultAddress, 100), out Errno errno));
        Assert.Equal(Errno.EFAULT, errno);
        path.Release();
    }

    [Fact]
    public void An_address_that_no_offset_can_tell_is_refused_before_the_call()
    {
        ScriptedPath path = Path(isRegularFile: true);

        Assert.Equal((nuint)0, path.Write(1ul << 63, Host, out Errno first));
        Assert.Equal((nuint)0, path.Read(long.MaxValue - 5, Host, out Errno second));
        Assert.Equal((Errno.EINVAL, Errno.EINVAL), (first, second));
        Assert.Empty(path.Calls);
    }

    [Fact]
    public void A_pipe_is_neither_kind_and_fails_as_a_seek()
    {
        using System.IO.Pipes.AnonymousPipeServerStream pipe = new();
        using FileDescriptor descriptor =
            FileDescriptor.DuplicateOf((int)pipe.SafePipeHandle.DangerousGetHandle());
        DeviceDataPath path = DataPaths.Open(descriptor, 1, "test");

        Assert.Equal((nuint)0, path.Read(0, Host, out Errno errno));
        Assert.Equal(Errno.ESPIPE, errno);
    }

    private ScriptedPath Path(bool isRegularFile, Func<int, nuint, nint>? script = null) =>
        new(_host.Descriptor!, isRegularFile, _device) { Script = script };
}
