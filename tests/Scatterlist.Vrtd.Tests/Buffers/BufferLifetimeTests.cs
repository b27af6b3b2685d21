using System.Runtime.CompilerServices;
using Scatterlist.Vrtd.Emulator;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Tests;

/// <summary>Users close in any order, twice, from any thread, or never.</summary>
public sealed class BufferLifetimeTests
{
    [Fact]
    public void A_session_may_be_disposed_before_its_buffers_and_the_daemon_takes_nothing_away()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        Session session = Session.FromSocket(daemon.Connect());
        DeviceBuffer buffer = session.GetDevice(0).OpenDdrBuffer(1);
        session.Dispose();

        Assert.True(session.IsClosed);
        Assert.Throws<ObjectDisposedException>(() => session.GetNumDevices());
        Assert.Equal((1, 1), (daemon.GetStatistics().Connections, daemon.GetStatistics().Buffers));
        buffer.HostData.AsSpan(0, 2).Fill(8);
        buffer.SyncToDevice(0, 2);
        buffer.Close();
        Assert.Equal(0, daemon.GetStatistics().Buffers);
        Eventually.True(() => daemon.GetStatistics().Connections == 0, "the last child closes the connection");
    }

    [Fact]
    public void A_closed_session_takes_the_memory_away_and_buffers_still_sync_and_close()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        Session session = Session.FromSocket(daemon.Connect());
        Device device = session.GetDevice(0);
        DeviceBuffer buffer = device.OpenDdrBuffer(1);
        session.Close();
        session.Close();
        session.Dispose();

        Eventually.True(() => daemon.GetStatistics().Buffers == 0, "the daemon frees the memory");
        Assert.Throws<ObjectDisposedException>(() => device.OpenDdrBuffer(1));
        Assert.Throws<ObjectDisposedException>(() => device.GetSensors());
        buffer.HostData.AsSpan(0, 2).Fill(8);
        buffer.SyncToDevice(0, 2);
        buffer.HostData.Zero();
        buffer.SyncFromDevice(0, 2);
        Assert.Equal([8, 8], buffer.HostData.AsSpan(0, 2).ToArray());
        buffer.Close();
        Assert.True(buffer.IsClosed);
    }

    [Fact]
    public void A_buffer_that_nobody_closes_is_given_back_after_its_collection()
    {
        using Emulated emulated = new();
        Forget(emulated.Device);

        Eventually.TrueAfterCollection(() => emulated.Buffers == 0, "the finalizer's work gives the buffer back");
        Assert.Equal(1, emulated.Session.GetNumDevices());

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Forget(Device device)
        {
            DeviceBuffer buffer = device.OpenDdrBuffer(1);
            buffer.HostData.AsSpan(0, 1)[0] = 1;
            buffer.SyncToDevice(0, 1);
        }
    }

    [Fact]
    public void A_session_with_buffers_and_queue_pairs_that_nobody_closes_leaves_nothing_at_the_daemon()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        int queuePairs = daemon.GetStatistics().QueuePairs;
        Forget(daemon);

        Eventually.TrueAfterCollection(
            () => daemon.GetStatistics() is { Connections: 0, Buffers: 0 } now && now.QueuePairs == queuePairs,
            "everything is given back, also the queue pair that a disconnect would leave behind");

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Forget(EmulatedDaemon daemon)
        {
            Session session = Session.FromSocket(daemon.Connect());
            Device device = session.GetDevice(0);
            device.OpenDdrBuffer(1);
            device.OpenHbmBuffer(1, 1).HostData.Zero();
            device.CreateQdmaQueuePair();
        }
    }

    [Fact]
    public void Many_threads_may_close_a_buffer_while_others_sync()
    {
        using Emulated emulated = new();
        for (int round = 0; round < 30; round++)
        {
            DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
            using Barrier start = new(6);
            buffer.HostData.AsSpan(0, 1 << 20).Fill(1);
            Task[] tasks = [.. Enumerable.Range(0, 6).Select(index => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    if (index < 3)
                    {
                        buffer.Close();
                        return;
                    }

                    try
                    {
                        for (int i = 0; i < 20; i++)
                            Assert.Equal(IoResult.Success(1 << 20), buffer.TrySyncToDevice(0, 1 << 20));
                    }
                    catch (ObjectDisposedException)
                    {
                    }
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default))];
            Task.WaitAll(tasks);

            Assert.True(buffer.IsClosed);
            Eventually.True(() => emulated.Buffers == 0, "the buffer is given back");
        }
    }

    [Fact]
    public void A_buffer_is_given_back_once_however_often_it_is_closed()
    {
        using FakeDaemon daemon = new();
        DeviceBuffer buffer = daemon.Session.GetDevice(0).OpenDdrBuffer(1);
        Parallel.For(0, 16, _ => buffer.Close());

        FakeRequest close = Assert.Single(daemon.Requests, request => request.Opcode == Opcode.BufferClose);
        Assert.True(BufferCloseRequest.TryParse(close.Body, out BufferCloseRequest closed));
        Assert.Equal(new BufferCloseRequest(0, FakeDaemon.DdrBase, FakeDaemon.Granule), closed);
        Assert.Equal(0, daemon.LeakedDescriptors);
    }

    [Fact]
    public async Task Memory_is_not_given_back_before_a_transfer_under_way_has_ended()
    {
        using Emulated emulated = new();
        DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(64 << 20);
        using ManualResetEventSlim first = new(false);
        using ManualResetEventSlim goOn = new(false);
        Task sync = buffer.SyncToDeviceAsync(0, buffer.Size, new Callback(_ =>
        {
            first.Set();
            goOn.Wait();
        }));
        first.Wait();
        buffer.Close();

        Assert.True(buffer.IsClosed);
        Assert.Equal(1, emulated.Buffers);
        goOn.Set();
        await sync;
        Eventually.True(() => emulated.Buffers == 0, "the transfer's end gives the buffer back");
    }

    [Fact]
    public void Sessions_do_not_see_each_other_s_buffers()
    {
        using Emulated emulated = new();
        using Session other = emulated.Connect();
        using DeviceBuffer mine = emulated.Device.OpenDdrBuffer(1);
        using DeviceBuffer theirs = other.GetDevice(0).OpenDdrBuffer(1);
        Assert.NotEqual(mine.PhysicalAddress, theirs.PhysicalAddress);

        theirs.Write(0, [7]);
        other.Close();
        Eventually.True(() => emulated.Buffers == 1, "the other session's buffer is freed, and only that");
        mine.Write(0, [1]);
        using DeviceBuffer next = emulated.Device.OpenDdrBuffer(1);
        Assert.Equal(theirs.PhysicalAddress, next.PhysicalAddress);
    }

    [Fact]
    public void Nothing_is_left_when_everything_is_closed()
    {
        using LeakScope scope = new(nameof(Nothing_is_left_when_everything_is_closed));
        using (Emulated emulated = new())
        {
            using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
            buffer.HostData.Zero();
            buffer.SyncToDevice(0, 1);
            using BarFile bar = emulated.Device.GetBar(0).OpenFile();
            using QdmaQueuePair pair = emulated.Device.CreateQdmaQueuePair();
            pair.Start();
            using FileDescriptor descriptor = pair.OpenDescriptor();
            using DeviceBuffer given = emulated.Device.OpenHbmVnocBuffer(1);
            using FileDescriptor released = given.ReleaseDescriptor();
        }
    }

    private sealed class Callback(Action<ulong> action) : IProgress<ulong>
    {
        public void Report(ulong value) => action(value);
    }
}
