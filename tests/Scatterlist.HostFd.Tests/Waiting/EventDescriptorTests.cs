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
}
