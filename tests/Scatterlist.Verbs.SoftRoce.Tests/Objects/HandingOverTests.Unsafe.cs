using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Tests.Objects;

/// <summary>Completions that go straight to the program that polls, past the queue.</summary>
public sealed unsafe class HandingOverTests : IDisposable
{
    private readonly SoftContext _nic = TestNic.Open();

    public void Dispose() => _nic.Dispose();

    [Fact]
    public void What_has_no_room_at_the_caller_waits_in_the_queue()
    {
        using var queue = (SoftCompletionQueue)_nic.CreateCompletionQueue(4, null, 0);
        var got = new WorkCompletion[3];
        Assert.Equal([0, 1, 2], HandOver(queue, got, 0, 1, 2, 3, 4));
        Assert.Equal([3, 4], Poll(queue));
    }

    [Fact]
    public void What_waits_in_the_queue_comes_before_what_is_new()
    {
        using var queue = (SoftCompletionQueue)_nic.CreateCompletionQueue(4, null, 0);
        queue.Push(TestNic.Completion(0), solicited: false);
        Assert.Empty(HandOver(queue, new WorkCompletion[3], 1, 2));
        Assert.Equal([0, 1, 2], Poll(queue));
    }

    [Fact]
    public void Afterwards_nothing_is_handed_over_any_more()
    {
        using var queue = (SoftCompletionQueue)_nic.CreateCompletionQueue(4, null, 0);
        var got = new WorkCompletion[3];
        Assert.Equal([0], HandOver(queue, got, 0));
        queue.Push(TestNic.Completion(1), solicited: false);
        Assert.Equal(default, got[1]);
        Assert.Equal([1], Poll(queue));
    }

    [Fact]
    public void It_takes_no_place_in_the_queue()
    {
        using var queue = (SoftCompletionQueue)_nic.CreateCompletionQueue(2, null, 0);
        Assert.Equal([0, 1, 2], HandOver(queue, new WorkCompletion[3], 0, 1, 2, 3, 4));
        Assert.False(_nic.TryGetAsyncEvent(out _, out _, out _));
        Assert.Equal([3, 4], Poll(queue));
    }

    [Fact]
    public void An_armed_queue_makes_its_event_all_the_same()
    {
        using var channel = (SoftCompletionChannel)_nic.CreateCompletionChannel();
        using var queue = (SoftCompletionQueue)_nic.CreateCompletionQueue(8, channel, 0);
        Assert.Equal(Errno.None, queue.RequestNotification(solicitedOnly: false));
        Assert.Equal([0], HandOver(queue, new WorkCompletion[3], 0));
        Assert.Same(queue, channel.TryTakeEvent());
    }

    private ulong[] HandOver(SoftCompletionQueue queue, WorkCompletion[] got, params ulong[] ids)
    {
        int count;
        _nic.Engine.Enter();
        fixed (WorkCompletion* place = got)
        {
            queue.BeginHandingOver(place, got.Length);
            foreach (ulong id in ids)
                queue.Push(TestNic.Completion(id), solicited: false);
            count = queue.EndHandingOver(place);
        }

        _nic.Engine.Exit();
        return [.. got.Take(count).Select(completion => completion.Id)];
    }

    private static ulong[] Poll(SoftCompletionQueue queue)
    {
        var taken = new WorkCompletion[16];
        return [.. taken.Take(queue.Poll(taken)).Select(completion => completion.Id)];
    }
}
