using System.Buffers;
using Scatterlist.Testing;

namespace Scatterlist.Tests.Memory;

public sealed class HostBufferLifetimeTests
{
    [Fact]
    public void Use_after_dispose_is_refused()
    {
        HostBuffer buffer = HostBuffer.Allocate(100, new() { IsShareable = true });
        Memory<byte> view = buffer.GetMemory(0, 10);
        buffer.Dispose();
        AssertRefused(buffer, view);
    }

    [Fact]
    public void Use_after_dispose_is_refused_while_a_lease_holds_the_pages()
    {
        HostBuffer buffer = HostBuffer.Allocate(100, new() { IsShareable = true });
        Memory<byte> view = buffer.GetMemory(0, 10);
        using BufferLease lease = buffer.Lease();
        buffer.Dispose();
        AssertRefused(buffer, view);
        lease.Block.AsSpan().Fill(1);
    }

    [Fact]
    public void Dispose_twice_and_from_another_thread_unmaps_once()
    {
        string name = nameof(Dispose_twice_and_from_another_thread_unmaps_once);
        HostBuffer buffer = HostBuffer.Allocate(100, new() { IsShareable = true, Name = name });
        Assert.Equal(1, Mappings.Count(name));
        Assert.Equal(1, FdCounter.Count(name));
        var thread = new Thread(buffer.Dispose);
        thread.Start();
        thread.Join();
        buffer.Dispose();
        Assert.Equal(0, Mappings.Count(name));
        Assert.Equal(0, FdCounter.Count(name));
    }

    [Fact]
    public void A_lease_keeps_the_pages_and_the_descriptor_until_it_is_disposed()
    {
        string name = nameof(A_lease_keeps_the_pages_and_the_descriptor_until_it_is_disposed);
        HostBuffer buffer = HostBuffer.Allocate(100, new() { IsShareable = true, Name = name });
        BufferLease first = buffer.Lease();
        BufferLease second = buffer.Lease(50, 10);
        buffer.AsSpan().Fill(3);
        buffer.Dispose();
        first.Dispose();
        first.Dispose();
        Assert.Equal(1, Mappings.Count(name));
        Assert.Equal(1, FdCounter.Count(name));
        Assert.Equal(-1, second.Block.AsSpan().IndexOfAnyExcept((byte)3));
        Assert.Throws<ObjectDisposedException>(() => first.Block);
        Assert.Throws<ObjectDisposedException>(() => { _ = first.Sequence; });

        second.Dispose();
        Assert.Equal(0, Mappings.Count(name));
        Assert.Equal(0, FdCounter.Count(name));
        Assert.Throws<ObjectDisposedException>(() => second.Block);
    }

    [Fact]
    public unsafe void A_pin_keeps_the_pages_until_it_is_undone()
    {
        string name = nameof(A_pin_keeps_the_pages_until_it_is_undone);
        HostBuffer buffer = HostBuffer.Allocate(100, new() { IsShareable = true, Name = name });
        MemoryHandle pin = buffer.Memory.Pin();
        buffer.Dispose();
        Assert.Equal(1, Mappings.Count(name));
        ((byte*)pin.Pointer)[99] = 1;
        pin.Dispose();
        pin.Dispose();
        Assert.Equal(0, Mappings.Count(name));
    }

    [Fact]
    public void Buffers_do_not_leave_anything_behind()
    {
        using var leaks = new LeakScope(nameof(Buffers_do_not_leave_anything_behind));
        for (int i = 0; i < 100; i++)
        {
            using HostBuffer buffer = HostBuffer.Allocate(1, new() { IsShareable = i % 2 == 0 });
            using BufferLease lease = buffer.Lease();
        }
    }

    [Fact]
    public void A_failed_allocation_leaves_nothing_behind()
    {
        string name = nameof(A_failed_allocation_leaves_nothing_behind);
        using var leaks = new LeakScope(name);
        for (int i = 0; i < 10; i++)
        {
            // ftruncate refuses one, mmap the other.
            Assert.Throws<ScatterlistException>(
                () => HostBuffer.Allocate(nuint.MaxValue / 2 - 8191, new() { IsShareable = true, Name = name }));
            Assert.Throws<ScatterlistException>(
                () => HostBuffer.Allocate((nuint)1 << 50, new() { IsShareable = true, Name = name }));
        }

        Assert.Equal(0, FdCounter.Count(name));
        Assert.Equal(0, Mappings.Count(name));
    }

    [Fact]
    public void Leases_taken_while_the_buffer_is_disposed_hold_or_are_refused()
    {
        string name = nameof(Leases_taken_while_the_buffer_is_disposed_hold_or_are_refused);
        const int Threads = 6;
        for (int round = 0; round < 15; round++)
        {
            HostBuffer buffer = HostBuffer.Allocate(64 * 1024, new() { IsShareable = true, Name = name });
            using var running = new CountdownEvent(Threads);
            int refused = 0;
            var threads = new Thread[Threads];
            var failures = new System.Collections.Concurrent.ConcurrentQueue<Exception>();
            for (int t = 0; t < Threads; t++)
            {
                int id = t;
                threads[t] = new Thread(() =>
                {
                    try
                    {
                        Touch(buffer, id, running);
                    }
                    catch (ObjectDisposedException)
                    {
                        Interlocked.Increment(ref refused);
                    }
                    catch (Exception e)
                    {
                        failures.Enqueue(e);
                    }
                });
                threads[t].Start();
            }

            running.Wait();
            buffer.Dispose();
            foreach (Thread thread in threads)
                thread.Join();
            Assert.Empty(failures);
            Assert.Equal(Threads, refused);
            Assert.Equal(0, Mappings.Count(name));
            Assert.Equal(0, FdCounter.Count(name));
        }
    }

    private static void Touch(HostBuffer buffer, int id, CountdownEvent running)
    {
        for (int i = 0; ; i++)
        {
            using (BufferLease lease = buffer.Lease((nuint)id * 4096, 4096))
            {
                Span<byte> mine = lease.Block.AsSpan();
                mine.Fill((byte)i);
                Assert.Equal(-1, mine.IndexOfAnyExcept((byte)i));
            }

            if (i == 3)
                running.Signal();
        }
    }

    private static void AssertRefused(HostBuffer buffer, Memory<byte> view)
    {
        Assert.True(buffer.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => buffer.AsSpan().Length);
        Assert.Throws<ObjectDisposedException>(() => buffer.AsSpan(0, 1).Length);
        Assert.Throws<ObjectDisposedException>(() => buffer.Memory);
        Assert.Throws<ObjectDisposedException>(() => buffer.GetMemory(0, 1));
        Assert.Throws<ObjectDisposedException>(() => buffer.Lease());
        Assert.Throws<ObjectDisposedException>(() => buffer.Lease(0, 1));
        Assert.Throws<ObjectDisposedException>(() => buffer.Address);
        Assert.Throws<ObjectDisposedException>(() => buffer.Descriptor);
        Assert.Throws<ObjectDisposedException>(buffer.Zero);
        Assert.Throws<ObjectDisposedException>(() => view.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => view.Pin());
        Assert.Equal((nuint)100, buffer.Length);
    }
}
