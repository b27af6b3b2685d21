using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Tests;

/// <summary>Daemons that die, stall, or are given up by their client.</summary>
public sealed class ConnectionLossTests
{
    private static readonly SessionOptions Impatient = new() { RequestTimeout = TimeSpan.FromMilliseconds(50) };

    [Fact]
    public void A_daemon_that_hangs_up_is_reported_once_and_then_as_a_broken_session()
    {
        using FakeDaemon daemon = new(request => request.Opcode == Opcode.GetSensorInfo ? FakeReply.HangUp : null);
        Device device = daemon.Session.GetDevice(0);

        VrtdConnectionException first = Assert.Throws<VrtdConnectionException>(() => device.GetSensors());
        VrtdConnectionException second = Assert.Throws<VrtdConnectionException>(() => device.GetSensors());

        Assert.Contains("GET_SENSOR_INFO(device 0)", first.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("is broken", first.Message, StringComparison.Ordinal);
        Assert.Contains("the session is broken", second.Message, StringComparison.Ordinal);
        Assert.Contains("Open a new session", second.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_daemon_that_dies_in_the_middle_of_a_reply_is_reported()
    {
        using FakeDaemon daemon = new(request => request.Opcode == Opcode.GetSensorInfo
            ? FakeReply.Of(1, 0, 0, 0) with { CutTo = 10, HangsUp = true }
            : null);
        Device device = daemon.Session.GetDevice(0);

        Assert.Throws<VrtdConnectionException>(() => device.GetSensors());
        Assert.True(daemon.Session.IsBroken);
    }

    [Fact]
    public void A_buffer_of_a_dead_daemon_still_syncs_and_closes()
    {
        using FakeDaemon daemon = new(request => request.Opcode switch
        {
            Opcode.GetSensorInfo => FakeReply.HangUp,
            Opcode.BufferOpenRaw => FakeReply.WithDescriptor(0),
            _ => null,
        });
        Device device = daemon.Session.GetDevice(0);
        DeviceBuffer buffer = device.OpenRawBuffer(new DeviceAddress(4096), 8192);
        Assert.Throws<VrtdConnectionException>(() => device.GetSensors());

        buffer.HostData.AsSpan().Fill(7);
        buffer.SyncToDevice();
        buffer.HostData.Zero();
        buffer.SyncFromDevice();
        Assert.Equal(7, buffer.HostData.AsSpan()[8191]);
        buffer.Close();
        Assert.True(buffer.IsClosed);
        Assert.Equal(0, daemon.LeakedDescriptors);
    }

    [Fact]
    public void A_stalled_daemon_times_out_and_the_session_stays_usable()
    {
        using ManualResetEvent wake = new(false);
        using FakeDaemon daemon = new(
            request => request.Opcode == Opcode.GetSensorInfo
                ? FakeReply.Of(0, 0, 0, 0) with { After = wake }
                : null,
            Impatient);
        using FakeDaemon patient = new();
        Device device = daemon.Session.GetDevice(0);

        VrtdException late = Assert.Throws<VrtdException>(() => device.GetSensors());
        Assert.Equal(Errno.ETIMEDOUT, late.Errno);
        Assert.Contains("no reply within 0.05 s", late.Message, StringComparison.Ordinal);
        Assert.False(daemon.Session.IsBroken);

        wake.Set();
        Eventually.True(() => TrySucceed(() => daemon.Session.GetNumDevices()), "the session recovers");
        Assert.False(daemon.Session.IsBroken);
    }

    [Fact]
    public async Task A_cancelled_request_leaves_the_session_usable()
    {
        using ManualResetEvent wake = new(false);
        using CancellationTokenSource cancel = new();
        using FakeDaemon daemon = new(request =>
        {
            if (request.Opcode != Opcode.GetSensorInfo)
                return null;
            cancel.Cancel();
            return FakeReply.Of(0, 0, 0, 0) with { After = wake };
        });
        Device device = daemon.Session.GetDevice(0);

        Assert.ThrowsAny<OperationCanceledException>(() => device.GetSensors(cancel.Token));

        Task<int> next = Task.Run(() => daemon.Session.GetNumDevices());
        wake.Set();
        Assert.Equal(1, await next);
    }

    [Fact]
    public async Task A_buffer_that_was_opened_after_its_caller_gave_up_is_given_back()
    {
        using ManualResetEvent wake = new(false);
        using CancellationTokenSource cancel = new();
        using FakeDaemon daemon = new(request =>
        {
            if (request.Opcode != Opcode.BufferOpen)
                return null;
            cancel.Cancel();
            return FakeDaemon.Correct(request) with { After = wake };
        });
        Device device = daemon.Session.GetDevice(0);

        Assert.ThrowsAny<OperationCanceledException>(() => device.OpenDdrBuffer(1, cancellationToken: cancel.Token));
        Task<int> next = Task.Run(() => daemon.Session.GetNumDevices());
        wake.Set();
        await next;

        Eventually.True(() => daemon.LengthsOf(Opcode.BufferClose).Count == 1, "the buffer is closed");
        Assert.Equal(0, daemon.LeakedDescriptors);
    }

    [Fact]
    public async Task A_raw_buffer_and_a_queue_pair_that_came_too_late_are_given_back()
    {
        using ManualResetEvent wake = new(false);
        using CancellationTokenSource cancel = new();
        using FakeDaemon daemon = new(request =>
        {
            if (request.Opcode is not (Opcode.BufferOpenRaw or Opcode.QdmaQueuePairAdd))
                return null;
            cancel.Cancel();
            return FakeDaemon.Correct(request) with { After = wake };
        });
        Device device = daemon.Session.GetDevice(0);

        Assert.ThrowsAny<OperationCanceledException>(
            () => device.OpenRawBuffer(new DeviceAddress(0x1000), 64, cancellationToken: cancel.Token));
        wake.Set();
        Assert.ThrowsAny<OperationCanceledException>(() => device.CreateQdmaQueuePair(null, cancel.Token));
        using QdmaQueuePair _ = device.CreateQdmaQueuePair();
        await Task.CompletedTask;

        Eventually.True(() => daemon.LengthsOf(Opcode.BufferClose).Count == 1, "the raw buffer is closed");
        FakeRequest close = daemon.Requests.Single(request => request.Opcode == Opcode.BufferClose);
        Assert.True(BufferCloseRequest.TryParse(close.Body, out BufferCloseRequest closed));
        Assert.Equal(new BufferCloseRequest(0, 0x1000, 64), closed);
    }

    [Fact]
    public void A_daemon_that_never_answers_is_given_up_after_64_requests()
    {
        using FakeDaemon daemon = new(
            request => request.Opcode == Opcode.GetSensorInfo ? FakeReply.Silence : null,
            new SessionOptions { RequestTimeout = TimeSpan.FromMilliseconds(1) });
        Device? device = null;
        Eventually.True(() => TrySucceed(() => device = daemon.Session.GetDevice(0)), "a first answer");
        int timeouts = 0;
        while (!daemon.Session.IsBroken)
        {
            VrtdException failure = Assert.ThrowsAny<VrtdException>(() => device!.GetSensors());
            timeouts += failure is VrtdConnectionException ? 0 : 1;
        }

        Assert.InRange(timeouts, 50, 64);
    }

    [Fact]
    public async Task Closing_waits_for_the_request_that_runs()
    {
        using ManualResetEvent wake = new(false);
        using ManualResetEvent asked = new(false);
        using FakeDaemon daemon = new(request =>
        {
            if (request.Opcode != Opcode.GetSensorInfo)
                return null;
            asked.Set();
            return FakeReply.Of(0, 0, 0, 0) with { After = wake };
        });
        Device device = daemon.Session.GetDevice(0);
        Task<IReadOnlyList<Sensor>> sensors = Task.Run(() => device.GetSensors());
        asked.WaitOne();
        Task closing = Task.Run(daemon.Session.Close);

        Assert.False(closing.IsCompleted);
        wake.Set();
        Assert.Empty(await sensors);
        await closing;
        Assert.True(daemon.Session.IsClosed);
        Assert.Throws<ObjectDisposedException>(() => daemon.Session.GetNumDevices());
    }

    [Fact]
    public void Many_threads_share_a_session()
    {
        using FakeDaemon daemon = new();
        Parallel.For(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            Assert.Equal(1, daemon.Session.GetNumDevices());
            Assert.Equal("slash_ctl0", daemon.Session.GetDevice(0).Name);
        });

        Assert.Equal(400, daemon.Requests.Count);
        Assert.Equal(400, daemon.Requests.Select(request => request.Sequence).Distinct().Count());
    }

    [Fact]
    public void A_path_where_nobody_listens_says_how_to_start_a_daemon()
    {
        using TempDirectory directory = new();
        string path = Path.Combine(directory.Path, "vrtd.sock");

        VrtdConnectionException failure = Assert.Throws<VrtdConnectionException>(() => Session.Connect(path));

        Assert.Equal(Errno.ENOENT, failure.Errno);
        Assert.Contains($"sgl vrtd emulate --socket {path}", failure.Remedy, StringComparison.Ordinal);
        Assert.Contains("vrtd.socket", failure.Remedy, StringComparison.Ordinal);
    }

    private static bool TrySucceed(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (VrtdException failure) when (failure is not VrtdConnectionException)
        {
            return false;
        }
    }
}
