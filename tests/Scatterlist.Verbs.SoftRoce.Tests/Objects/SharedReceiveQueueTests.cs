using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Tests.Objects;

public sealed unsafe class SharedReceiveQueueTests : IDisposable
{
    private readonly SoftContext _nic = TestNic.Open();
    private readonly SoftDomain _domain;

    public SharedReceiveQueueTests() => _domain = (SoftDomain)_nic.AllocateDomain();

    public void Dispose()
    {
        _domain.Dispose();
        _nic.Dispose();
    }

    [Fact]
    public void Receives_come_out_in_order_with_their_elements()
    {
        using SoftSharedReceiveQueue queue = Create(5, 2);
        Span<ScatterGatherEntry> elements = stackalloc ScatterGatherEntry[2];
        for (ulong id = 0; id < 23; id++)
        {
            Assert.Equal(Errno.None, Post(queue, id, (int)(id % 3)));
            Assert.True(queue.TryTake(out ulong taken, elements, out int count));
            Assert.Equal(id, taken);
            Assert.Equal((int)(id % 3), count);
            for (int i = 0; i < count; i++)
                Assert.Equal(id * 100 + (ulong)i, elements[i].Address);
        }

        Assert.False(queue.TryTake(out _, elements, out _));
    }

    [Fact]
    public void A_full_queue_and_a_list_that_is_too_long_are_refused()
    {
        using SoftSharedReceiveQueue queue = Create(2, 1);
        Assert.Equal(Errno.EINVAL, Post(queue, 0, 2));
        Assert.Equal(Errno.EINVAL, Post(queue, 0, -1));
        Assert.Equal(Errno.None, Post(queue, 0, 1));
        Assert.Equal(Errno.None, Post(queue, 1, 0));
        Assert.Equal(Errno.ENOMEM, Post(queue, 2, 1));
    }

    [Fact]
    public void Falling_below_the_limit_is_one_event()
    {
        using SoftSharedReceiveQueue queue = Create(8, 1);
        Span<ScatterGatherEntry> elements = stackalloc ScatterGatherEntry[1];
        for (ulong id = 0; id < 4; id++)
            Post(queue, id, 1);
        Assert.Equal(Errno.None, queue.Modify(limit: 3, maxWorkRequests: null));
        queue.TryTake(out _, elements, out _);
        Assert.False(_nic.TryGetAsyncEvent(out _, out _, out _));
        queue.TryTake(out _, elements, out _);
        queue.TryTake(out _, elements, out _);
        Assert.True(_nic.TryGetAsyncEvent(out AsyncEventType type, out NativeHandle? element, out _));
        Assert.Equal(AsyncEventType.SharedReceiveQueueLimitReached, type);
        Assert.Same(queue, element);
        Assert.False(_nic.TryGetAsyncEvent(out _, out _, out _));
        Assert.Equal(0, queue.Query().Limit);
    }

    [Fact]
    public void A_resize_keeps_what_is_posted_and_refuses_to_lose_any()
    {
        using SoftSharedReceiveQueue queue = Create(4, 1);
        Span<ScatterGatherEntry> elements = stackalloc ScatterGatherEntry[1];
        for (ulong id = 0; id < 4; id++)
            Post(queue, id, 1);
        queue.TryTake(out _, elements, out _);
        Assert.Equal(Errno.EINVAL, queue.Modify(null, 2));
        Assert.Equal(Errno.EINVAL, queue.Modify(null, 0));
        Assert.Equal(Errno.EINVAL, queue.Modify(-1, null));
        Assert.Equal(Errno.None, queue.Modify(null, 9));
        Assert.Equal(9, queue.Query().MaxWorkRequests);
        for (ulong id = 1; id < 4; id++)
        {
            Assert.True(queue.TryTake(out ulong taken, elements, out _));
            Assert.Equal(id, taken);
            Assert.Equal(id * 100, elements[0].Address);
        }
    }

    private static Errno Post(SoftSharedReceiveQueue queue, ulong id, int count)
    {
        ScatterGatherEntry* elements = stackalloc ScatterGatherEntry[4];
        for (int i = 0; i < count; i++)
            elements[i].Address = id * 100 + (ulong)i;
        var entry = new ReceiveEntry { Id = id, List = elements, ListLength = count };
        return queue.PostReceive(&entry, 1, out _);
    }

    private SoftSharedReceiveQueue Create(int work, int elements) =>
        (SoftSharedReceiveQueue)_domain.CreateSharedReceiveQueue(new SharedReceiveQueueAttributes(work, elements));
}
