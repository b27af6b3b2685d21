namespace Scatterlist.Verbs.Tests.Values;

/// <summary>Statuses and timer codes in words and times.</summary>
public sealed class StatusTests
{
    [Fact]
    public void Every_status_has_a_class_and_a_hint_of_its_own()
    {
        CompletionStatus[] statuses = Enum.GetValues<CompletionStatus>();
        foreach (CompletionStatus status in statuses)
            Assert.EndsWith(".", status.GetHint().Replace('?', '.'), StringComparison.Ordinal);
        Assert.Equal(WorkErrorClass.None, CompletionStatus.Success.GetErrorClass());
        CompletionStatus[] unknown =
            [.. statuses.Where(status => status.GetErrorClass() == WorkErrorClass.Unknown)];
        Assert.Equal([CompletionStatus.GeneralError], unknown);
        Assert.Equal(WorkErrorClass.Unknown, ((CompletionStatus)99).GetErrorClass());
    }

    [Theory]
    [InlineData(CompletionStatus.LocalProtectionError, WorkErrorClass.LocalProgrammingError)]
    [InlineData(CompletionStatus.RemoteAccessError, WorkErrorClass.RemoteError)]
    [InlineData(CompletionStatus.RetryExceededError, WorkErrorClass.Timeout)]
    [InlineData(CompletionStatus.RnrRetryExceededError, WorkErrorClass.Timeout)]
    [InlineData(CompletionStatus.WorkRequestFlushedError, WorkErrorClass.Flushed)]
    [InlineData(CompletionStatus.FatalError, WorkErrorClass.Fatal)]
    public void Classes_say_what_to_do(CompletionStatus status, WorkErrorClass expected) =>
        Assert.Equal(expected, status.GetErrorClass());

    [Fact]
    public void A_failed_completion_throws_on_request_with_status_and_hint()
    {
        var failed = new WorkCompletion(7, CompletionStatus.RemoteAccessError, default, 17);
        VerbsException thrown = Assert.Throws<VerbsException>(failed.EnsureSuccess);
        Assert.Contains("RemoteAccessError", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("QP 17", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(CompletionStatus.RemoteAccessError.GetHint(), thrown.Remedy);
        new WorkCompletion(7, CompletionStatus.Success, default, 17).EnsureSuccess();
    }

    [Fact]
    public void Ack_timeouts_double_with_the_code_and_round_up()
    {
        Assert.Equal(Timeout.InfiniteTimeSpan, WireTimers.AckTimeout(0));
        Assert.Equal(67.1, WireTimers.AckTimeout(14).TotalMilliseconds, 0.1);
        for (byte code = 1; code < 32; code++)
            Assert.Equal(code, WireTimers.AckTimeoutCode(WireTimers.AckTimeout(code)));
        Assert.Equal(15, WireTimers.AckTimeoutCode(WireTimers.AckTimeout(14) + TimeSpan.FromTicks(1)));
        Assert.Equal(0, WireTimers.AckTimeoutCode(Timeout.InfiniteTimeSpan));
        Assert.Throws<ArgumentOutOfRangeException>(() => WireTimers.AckTimeout(32));
        Assert.Throws<ArgumentOutOfRangeException>(() => WireTimers.AckTimeoutCode(TimeSpan.FromDays(1)));
    }

    [Fact]
    public void Rnr_timers_round_up_to_the_next_code()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(0.64), WireTimers.RnrTimer(12));
        Assert.Equal(TimeSpan.FromMilliseconds(655.36), WireTimers.RnrTimer(0));
        for (byte code = 0; code < 32; code++)
            Assert.Equal(code, WireTimers.RnrTimerCode(WireTimers.RnrTimer(code)));
        Assert.Equal(13, WireTimers.RnrTimerCode(TimeSpan.FromMicroseconds(641)));
        Assert.Throws<ArgumentOutOfRangeException>(() => WireTimers.RnrTimerCode(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Mtu_codes_and_bytes_are_each_others_inverse()
    {
        foreach (Mtu mtu in Enum.GetValues<Mtu>())
        {
            Assert.True(MtuBytes.TryFromBytes((ulong)mtu.ToBytes(), out Mtu back));
            Assert.Equal(mtu, back);
        }

        Assert.False(MtuBytes.TryFromBytes(1500, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => ((Mtu)6).ToBytes());
    }
}
