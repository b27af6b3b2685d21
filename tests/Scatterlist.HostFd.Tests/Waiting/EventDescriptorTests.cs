using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests.Waiting;

public sealed class EventDescriptorTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void Signals_add_up_until_they_are_taken()
    {
        using FileDescriptor descriptor = EventDescriptor.Create();
        Assert.Equal(0ul, EventDescriptor.Take(descriptor));
        Assert.Equal(Errno.None, EventDescriptor.Signal(descriptor));
        Assert.Equal(Errno.None, EventDescriptor.Signal(descriptor));
        Assert.Equal(2ul, EventDescriptor.Take(descriptor));
        Assert.Equal(0ul, EventDescriptor.Take(descriptor));
    }

    [Fact]
    public async Task A_wait_without_a_thread_ends_with_the_signal()
    {
        using FileDescriptor descriptor = EventDescriptor.Create();
        Task<Errno> wait = HostIO.WaitReadableAsync(descriptor, Stop).AsTask();
        await Task.Delay(20, Stop);
        Assert.False(wait.IsCompleted);
        EventDescriptor.Signal(descriptor);
        Assert.Equal(Errno.None, await wait);
        Assert.Equal(1ul, EventDescriptor.Take(descriptor));
    }

    [Fact]
    public async Task A_wait_without_a_thread_can_be_cancelled()
    {
        using FileDescriptor descriptor = EventDescriptor.Create();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task<Errno> wait = HostIO.WaitReadableAsync(descriptor, stop.Token).AsTask();
        await stop.CancelAsync();
        Assert.Equal(Errno.ECANCELED, await wait);
    }

    [Fact]
    public void A_closed_descriptor_is_refused()
    {
        FileDescriptor descriptor = EventDescriptor.Create();
        descriptor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => EventDescriptor.Signal(descriptor));
        Assert.Throws<ObjectDisposedException>(() => EventDescriptor.Take(descriptor));
    }

    [Fact]
    public void A_semaphore_is_taken_as_often_as_it_was_signalled()
    {
        using FileDescriptor descriptor = EventDescriptor.Create(semaphore: true);
        Assert.Equal(0ul, EventDescriptor.Take(descriptor));
        for (int i = 0; i < 3; i++)
            Assert.Equal(Errno.None, EventDescriptor.Signal(descriptor));
        Assert.Equal(1ul, EventDescriptor.Take(descriptor));
        Assert.True(EventDescriptor.TryTake(descriptor));
        Assert.Equal(1ul, EventDescriptor.Take(descriptor));
        Assert.False(EventDescriptor.TryTake(descriptor));
    }

    [Fact]
    public void What_does_not_count_is_taken_at_once()
    {
        using FileDescriptor descriptor = EventDescriptor.Create();
        Assert.False(EventDescriptor.TryTake(descriptor));
        Assert.True(EventDescriptor.TrySignal(descriptor));
        Assert.True(EventDescriptor.TrySignal(descriptor));
        Assert.True(EventDescriptor.TryTake(descriptor));
        Assert.False(EventDescriptor.TryTake(descriptor));
    }

    [Fact]
    public void A_full_count_is_readable_and_no_failure_to_wake()
    {
        using FileDescriptor descriptor = EventDescriptor.Create();
        using var file = new FileStream(descriptor.ToSafeFileHandle(), FileAccess.Write, 0);
        file.Write(BitConverter.GetBytes(ulong.MaxValue - 1)); // eventfd(2): the largest count
        Assert.Equal(Errno.EAGAIN, EventDescriptor.Signal(descriptor));
        Assert.True(EventDescriptor.TrySignal(descriptor));
        Assert.Equal(ulong.MaxValue - 1, EventDescriptor.Take(descriptor));
    }

    [Fact]
    public void What_is_no_event_descriptor_is_never_readable_by_a_signal()
    {
        using FileDescriptor file = HostFile.Open("/dev/null", OpenFlags.ReadOnly);
        Assert.Equal(Errno.EBADF, EventDescriptor.Signal(file));
        Assert.False(EventDescriptor.TrySignal(file));
        Assert.False(EventDescriptor.TryTake(file));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Signals_and_takes_allocate_nothing_nor_throw_for_a_closed_descriptor(bool isClosed)
    {
        using FileDescriptor descriptor = EventDescriptor.Create(semaphore: true);
        if (isClosed)
            descriptor.Dispose();
        AllocationMeter.AssertNone(() =>
        {
            if (EventDescriptor.TrySignal(descriptor) == isClosed || EventDescriptor.TryTake(descriptor) == isClosed)
                throw new InvalidOperationException("a signal that was not there, or was lost");
        });
    }

    [Fact]
    public async Task A_signal_that_meets_the_dispose_throws_nothing()
    {
        const int Rounds = 20_000;
        FileDescriptor? current = null;
        bool isOver = false;
        Task signals = Task.Run(
            () =>
            {
                while (!Volatile.Read(ref isOver))
                {
                    if (Volatile.Read(ref current) is { } descriptor)
                        _ = EventDescriptor.TrySignal(descriptor) && EventDescriptor.TryTake(descriptor);
                }
            },
            Stop);
        for (int round = 0; round < Rounds && !signals.IsCompleted; round++)
        {
            using FileDescriptor descriptor = EventDescriptor.Create();
            Volatile.Write(ref current, descriptor);
            Thread.SpinWait(round % 32);
        }

        Volatile.Write(ref isOver, true);
        await signals;
    }
}
