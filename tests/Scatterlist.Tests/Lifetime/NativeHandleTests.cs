using System.Runtime.CompilerServices;
using Scatterlist.Testing;

namespace Scatterlist.Tests.Lifetime;

public sealed class NativeHandleTests
{
    public static TheoryData<string> Orders => ["ABC", "ACB", "BAC", "BCA", "CAB", "CBA", "AABBCC", "CBAABC"];

    [Theory]
    [MemberData(nameof(Orders))]
    public void In_whatever_order_they_are_disposed_children_go_first(string order)
    {
        var log = new List<string>();
        var handles = new Dictionary<char, NativeHandle>();
        handles['A'] = new TrackedHandle("A", null, log);
        handles['B'] = new TrackedHandle("B", handles['A'], log);
        handles['C'] = new TrackedHandle("C", handles['B'], log);
        foreach (char name in order)
        {
            handles[name].Dispose();
            Assert.True(handles[name].IsDisposed);
        }

        Assert.Equal(["C", "B", "A"], log);
        Assert.All(handles.Values, handle => Assert.True(handle.IsClosed));
    }

    [Fact]
    public void A_parent_waits_for_all_of_its_children()
    {
        var log = new List<string>();
        var parent = new TrackedHandle("parent", null, log);
        TrackedHandle[] children = [.. Enumerable.Range(0, 5).Select(i => new TrackedHandle($"{i}", parent, log))];
        parent.Dispose();
        Assert.True(parent.IsDisposed);
        Assert.False(parent.IsClosed);
        foreach (TrackedHandle child in children)
        {
            Assert.DoesNotContain("parent", log);
            child.Dispose();
        }

        Assert.Equal("parent", log[^1]);
        Assert.Equal(6, log.Count);
    }

    [Fact]
    public void A_disposed_parent_takes_no_more_children_even_while_others_hold_it()
    {
        var log = new List<string>();
        var parent = new TrackedHandle("parent", null, log);
        using (var child = new TrackedHandle("child", parent, log))
        {
            parent.Dispose();
            Assert.Throws<ObjectDisposedException>(() => new TrackedHandle("late", parent, log));
            using var grandchild = new TrackedHandle("grandchild", child, log);
        }

        Assert.Throws<ObjectDisposedException>(() => new TrackedHandle("later", parent, log));
        Assert.Equal(["grandchild", "child", "parent"], log);
    }

    [Fact]
    public void A_constructor_that_fails_owns_nothing_and_holds_nothing()
    {
        var log = new List<string>();
        var parent = new TrackedHandle("parent", null, log);
        FailToConstruct(parent, log);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Empty(log);
        parent.Dispose();
        Assert.Equal(["parent"], log);
        FailToConstruct(parent, log);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(["parent"], log);
    }

    [Fact]
    public void A_reference_that_a_call_holds_delays_the_release_to_its_end()
    {
        var log = new List<string>();
        var handle = new TrackedHandle("handle", null, log);
        bool held = false;
        handle.DangerousAddRef(ref held);
        Task.Run(handle.Dispose).Wait();
        Assert.True(handle.IsDisposed);
        Assert.False(handle.IsClosed);
        Assert.Empty(log);
        handle.DangerousRelease();
        Assert.Equal(["handle"], log);
        Assert.Throws<ObjectDisposedException>(() =>
        {
            bool again = false;
            handle.DangerousAddRef(ref again);
        });
    }

    [Fact]
    public void Dispose_on_many_threads_releases_once()
    {
        for (int round = 0; round < 50; round++)
        {
            var log = new List<string>();
            var parent = new TrackedHandle("parent", null, log);
            var child = new TrackedHandle("child", parent, log);
            using var start = new Barrier(4);
            Thread[] threads =
            [
                .. Enumerable.Range(0, 4).Select(i => new Thread(() =>
                {
                    start.SignalAndWait();
                    (i % 2 == 0 ? parent : child).Dispose();
                })),
            ];
            foreach (Thread thread in threads)
                thread.Start();
            foreach (Thread thread in threads)
                thread.Join();
            Assert.Equal(["child", "parent"], log);
        }
    }

    [Fact]
    public void Lost_families_are_finalized_children_first()
    {
        var log = new List<string>();
        for (int i = 0; i < 20; i++)
            LoseFamily(i, log);
        Eventually.TrueAfterCollection(
            () =>
            {
                lock (log)
                    return log.Count == 60;
            },
            "A lost handle was not released.");
        for (int i = 0; i < 20; i++)
        {
            Assert.True(log.IndexOf($"{i} grandchild") < log.IndexOf($"{i} child"));
            Assert.True(log.IndexOf($"{i} child") < log.IndexOf($"{i} parent"));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LoseFamily(int i, List<string> log)
    {
        var parent = new TrackedHandle($"{i} parent", null, log);
        var child = new TrackedHandle($"{i} child", parent, log);
        _ = new TrackedHandle($"{i} grandchild", child, log);
        if (i % 3 == 1)
            parent.Dispose();
        if (i % 3 == 2)
            child.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FailToConstruct(NativeHandle parent, List<string> log)
    {
        Assert.Throws<ArgumentException>(() => new TrackedHandle("invalid", parent, log, handle: -1));
        if (parent.IsDisposed)
            Assert.Throws<ObjectDisposedException>(() => new TrackedHandle("orphan", parent, log));
    }
}
