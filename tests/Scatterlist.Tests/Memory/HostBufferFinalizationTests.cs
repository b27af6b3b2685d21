using System.Runtime.CompilerServices;
using Scatterlist.Testing;

namespace Scatterlist.Tests.Memory;

/// <summary>What nobody disposes is released by the finalizers, in whatever order they come.</summary>
public sealed class HostBufferFinalizationTests
{
    [Fact]
    public void Lost_buffers_leases_and_views_are_released()
    {
        string name = nameof(Lost_buffers_leases_and_views_are_released);
        for (int i = 0; i < 30; i++)
            Lose(name, i);
        AssertReleased(name);
    }

    [Fact]
    public void A_lost_lease_of_a_disposed_buffer_is_released_and_was_on_the_ledger()
    {
        string name = nameof(A_lost_lease_of_a_disposed_buffer_is_released_and_was_on_the_ledger);
        using var leaks = new LeakScope(name);
        long finalized = LeakLedger.FinalizedCount;
        LoseLeaseOfDisposedBuffer(name, leaks);

        AssertReleased(name);
        Assert.True(LeakLedger.FinalizedCount > finalized);
    }

    [Fact]
    public void A_view_keeps_a_lost_buffer_alive()
    {
        string name = nameof(A_view_keeps_a_lost_buffer_alive);
        Memory<byte> view = LoseAllButAView(name);
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(42, view.Span[7]);
        Assert.Equal(1, Mappings.Count(name));
    }

    [Fact]
    public void Children_on_a_lost_buffer_are_released_before_its_pages()
    {
        string name = nameof(Children_on_a_lost_buffer_are_released_before_its_pages);
        var mappedAtRelease = new System.Collections.Concurrent.ConcurrentBag<bool>();
        for (int i = 0; i < 10; i++)
            LoseWithChild(name, mappedAtRelease);
        AssertReleased(name);
        Assert.Equal(10, mappedAtRelease.Count);
        Assert.All(mappedAtRelease, Assert.True);
    }

    private static void AssertReleased(string name) => Eventually.TrueAfterCollection(
        () => Mappings.Count(name) == 0 && FdCounter.Count(name) == 0, "A lost buffer is still mapped.");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Lose(string name, int shape)
    {
        HostBuffer buffer = HostBuffer.Allocate(100, new() { IsShareable = true, Name = name });
        BufferLease lease = buffer.Lease();
        BufferLease part = buffer.Lease(1, 2);
        buffer.Memory.Span.Fill(1);
        if ((shape & 1) != 0)
            lease.Dispose();
        if ((shape & 2) != 0)
            buffer.Dispose();
        if ((shape & 4) != 0)
            part.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LoseLeaseOfDisposedBuffer(string name, LeakScope leaks)
    {
        HostBuffer buffer = HostBuffer.Allocate(100, new() { IsShareable = true, Name = name });
        BufferLease lost = buffer.Lease();
        buffer.Dispose();

        // Looked at while the lease is still referenced: a test beside this one may collect at any moment.
        LeakRecord[] live = [.. leaks.GetLive()];
        Assert.Contains(live, record => record.Kind == nameof(BufferLease));
        Assert.Contains(live, record => record.Kind == "HostBufferHandle");
        Assert.All(
            live,
            record => Assert.Contains(nameof(LoseLeaseOfDisposedBuffer), record.Origin, StringComparison.Ordinal));
        Assert.Equal(1, Mappings.Count(name));
        GC.KeepAlive(lost);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Memory<byte> LoseAllButAView(string name)
    {
        HostBuffer buffer = HostBuffer.Allocate(100, new() { IsShareable = true, Name = name });
        buffer.AsSpan()[7] = 42;
        return buffer.GetMemory(0, 50);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LoseWithChild(string name, System.Collections.Concurrent.ConcurrentBag<bool> mappedAtRelease)
    {
        HostBuffer buffer = HostBuffer.Allocate(100, new() { IsShareable = true, Name = name });
        _ = new Child(buffer, mappedAtRelease);
    }

    private sealed class Child(HostBuffer buffer, System.Collections.Concurrent.ConcurrentBag<bool> mappedAtRelease)
        : NativeHandle(buffer.Address, buffer.Handle)
    {
        protected override bool ReleaseNative()
        {
            mappedAtRelease.Add(Mappings.Contains(handle));
            return true;
        }
    }
}
