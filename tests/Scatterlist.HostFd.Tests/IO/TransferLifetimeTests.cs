using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests.IO;

public class TransferLifetimeTests
{
    [Fact]
    public void A_descriptor_disposed_during_a_blocked_read_is_closed_when_the_read_returns()
    {
        (FileDescriptor read, FileDescriptor write) = TestCalls.Pipe();
        using (write)
        {
            int number = read.Value;
            IoResult result = default;
            var buffer = new byte[4];
            Thread reader = Blocked.Start(() => result = HostIO.Preadv2(read, buffer));
            read.Dispose();
            Assert.True(TestCalls.IsOpen(number));
            using FileDescriptor other = TestCalls.MemFd();
            Assert.NotEqual(number, other.Value);
            HostIO.Pwritev2(write, [1, 2]);
            Blocked.Join(reader);
            Assert.Equal(IoResult.Success(2), result);
            Assert.Throws<ObjectDisposedException>(() => HostIO.Preadv2(read, buffer));
            Assert.Equal(Errno.EPIPE, HostIO.Pwritev2(write, [1]).Errno);
        }
    }

    [Fact]
    public void A_host_buffer_disposed_during_a_blocked_read_is_unmapped_when_the_read_returns()
    {
        (FileDescriptor read, FileDescriptor write) = TestCalls.Pipe();
        using (read)
        using (write)
        {
            HostBuffer buffer = HostBuffer.Allocate(4096);
            nint address = buffer.Address;
            IoResult result = default;
            Thread reader = Blocked.Start(() => result = HostIO.Preadv2(read, buffer, 0, 4096));
            buffer.Dispose();
            Assert.True(Mappings.Contains(address));
            HostIO.Pwritev2(write, [1, 2]);
            Blocked.Join(reader);
            Assert.Equal(IoResult.Success(2), result);
        }
    }

    [Fact]
    public void A_wait_on_any_descriptor_ends_by_data_time_or_token()
    {
        (FileDescriptor read, FileDescriptor write) = TestCalls.Pipe();
        using (read)
        using (write)
        using (var cancellation = new CancellationTokenSource())
        {
            Assert.Equal(Errno.ETIMEDOUT, HostIO.WaitReadable(read, TimeSpan.FromMilliseconds(1)));
            Assert.Equal(Errno.None, HostIO.WaitWritable(write, TimeSpan.Zero));
            Errno outcome = default;
            Thread waiter = Blocked.Start(
                () => outcome = HostIO.WaitReadable(read, Timeout.InfiniteTimeSpan, cancellation.Token));
            cancellation.Cancel();
            Blocked.Join(waiter);
            Assert.Equal(Errno.ECANCELED, outcome);
            HostIO.Pwritev2(write, [1]);
            Assert.Equal(Errno.None, HostIO.WaitReadable(read, Timeout.InfiniteTimeSpan));
        }
    }

    [Fact]
    public void A_collection_is_not_held_up_by_a_blocked_read()
    {
        (FileDescriptor read, FileDescriptor write) = TestCalls.Pipe();
        using (read)
        using (write)
        {
            Thread reader = Blocked.Start(() => HostIO.Preadv2(read, new byte[4]));
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Assert.True(reader.IsAlive);
            HostIO.Pwritev2(write, [1]);
            Blocked.Join(reader);
        }
    }

    [Fact]
    public void Managed_memory_is_not_moved_from_under_a_transfer()
    {
        using FileDescriptor file = TestCalls.MemFd();
        byte[] data = Bytes.Pattern(20_000);
        TestCalls.SetContents(file, data);
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            var garbage = new List<byte[]>();
            while (!stop.IsCancellationRequested)
            {
                garbage.Add(new byte[5000]);
                if (garbage.Count > 100)
                {
                    garbage.RemoveRange(0, 90);
                    GC.Collect(0, GCCollectionMode.Forced, blocking: true, compacting: true);
                }
            }
        });
        collector.Start();
        for (int i = 0; i < 2000; i++)
        {
            var buffer = new byte[20_000];
            Assert.Equal(IoResult.Success(20_000), HostIO.Preadv2(file, buffer, 0));
            Assert.True(data.AsSpan().SequenceEqual(buffer));
            Assert.Equal(IoResult.Success(20_000), HostIO.Pwritev2(file, buffer, 0));
        }

        stop.Cancel();
        collector.Join();
        Assert.Equal(data, TestCalls.Contents(file));
    }

    [Fact]
    public void No_data_path_allocates()
    {
        using FileDescriptor file = TestCalls.MemFd();
        TestCalls.SetContents(file, new byte[1 << 16]);
        var managed = new byte[4096];
        using HostBuffer buffer = HostBuffer.Allocate(4096);
        using var few = Arena.Uniform(8, 64, gap: 1);
        using var adjacent = Arena.Uniform(64, 64);
        using var many = Arena.Uniform(2049, 16, gap: 1);
        int number = file.Value;
        AllocationMeter.AssertNone(() =>
        {
            HostIO.Preadv2(number, managed, 0);
            HostIO.Pwritev2(number, managed, 0);
            HostIO.Preadv2(file, managed, 0);
            HostIO.Pwritev2(file, managed, 0);
            HostIO.Preadv2(file, buffer, 0, 4096, 0);
            HostIO.Preadv2(file, few.Sequence, 0);
            HostIO.Pwritev2(file, few.Sequence.DropFirst(3).TakeFirst(100), 0);
            HostIO.Preadv2(file, adjacent.Sequence, 0);
            HostIO.Preadv2(file, many.Sequence, 0);
            HostIO.ReadFully(file, many.Sequence, 0, out _);
            HostIO.WriteFully(file, many.Sequence, 0, out _);
            HostIO.Preadv2(file, managed, -8);
            HostIO.WaitReadable(file, TimeSpan.Zero);
        });
    }
}
