using System.Runtime.CompilerServices;
using Scatterlist.Testing;

namespace Scatterlist.Tests.Lifetime;

public sealed class LeakLedgerTests
{
    [Fact]
    public void It_lists_what_is_alive_with_its_kind_and_the_stack_that_made_it()
    {
        using var scope = new LeakScope(nameof(It_lists_what_is_alive_with_its_kind_and_the_stack_that_made_it));
        var log = new List<string>();
        var first = new TrackedHandle("first", null, log);
        var second = new TrackedHandle("second", first, log);
        LeakRecord[] live = [.. scope.GetLive()];
        Assert.Equal(2, live.Length);
        Assert.All(live, record => Assert.Equal(nameof(TrackedHandle), record.Kind));
        Assert.True(live[0].Id < live[1].Id);

        first.Dispose(); // the second holds it
        Assert.Equal(2, scope.GetLive().Count);
        second.Dispose();
        Assert.Empty(scope.GetLive());
    }

    [Fact]
    public void A_handle_that_was_handed_over_is_no_leak()
    {
        using var scope = new LeakScope(nameof(A_handle_that_was_handed_over_is_no_leak));
        FileDescriptor descriptor = FileDescriptor.FromOwned(Libc.NewMemFd("ledger"));
        Assert.Single(scope.GetLive());
        int fd = descriptor.ReleaseOwnership();
        Assert.Empty(scope.GetLive());
        Assert.Equal(0, Libc.Close(fd));
    }

    [Fact]
    public void A_handle_that_failed_to_be_made_is_not_listed()
    {
        using var scope = new LeakScope(nameof(A_handle_that_failed_to_be_made_is_not_listed));
        Assert.Throws<ArgumentException>(() => new TrackedHandle("invalid", null, [], handle: -1));
        Assert.Empty(scope.GetLive());
    }

    [Fact]
    public void A_lost_handle_is_counted_and_taken_off()
    {
        using var scope = new LeakScope(nameof(Lose));
        long before = LeakLedger.FinalizedCount;
        Lose(scope);
        Eventually.TrueAfterCollection(() => scope.GetLive().Count == 0, "The lost handle is still listed.");
        Assert.True(LeakLedger.FinalizedCount > before);
    }

    // The list is looked at while the handle is still referenced: a test beside this one may collect at any moment.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Lose(LeakScope scope)
    {
        var lost = new TrackedHandle("lost", null, []);
        Assert.Single(scope.GetLive());
        GC.KeepAlive(lost);
    }
}
